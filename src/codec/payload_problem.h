#pragma once

#include <utility>

#include <evmicro/codec.h>

namespace evmicro::detail {

/// Stored in a Frame whose envelope is valid but whose payload is not: the caller can be answered,
/// so the error is returned by readPayload().
struct PayloadProblem final : Frame::Parsed {
  explicit PayloadProblem(Status why) : status(std::move(why)) {}
  Status status;
};

}  // namespace evmicro::detail
