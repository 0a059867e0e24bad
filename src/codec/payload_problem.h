#pragma once

#include <utility>

#include <evmicro/codec.h>

namespace evmicro::detail {

/// Kept in a Frame whose envelope was good but whose payload is not: the caller can be answered,
/// so the error waits until readPayload() asks for it.
struct PayloadProblem final : Frame::Parsed {
  explicit PayloadProblem(Status why) : status(std::move(why)) {}
  Status status;
};

}  // namespace evmicro::detail
