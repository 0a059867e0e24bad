#pragma once

#include <string_view>

#include <evmicro/codec.h>
#include <evmicro/registry.h>

#include "codec/grpc_codec.h"

namespace evmicro::detail {

/// How a call is written for a node: by go-micro's protocol or by gRPC.
struct CallForm {
  std::string_view contentType;  ///< valid as long as the call
  const Codec* codec = nullptr;
  bool grpc = false;
  bool converted = false;  ///< bodies have to pass through asGrpcMessage()
};

/// gRPC's content type for the payloads of `contentType`; empty: there is none.
std::string_view grpcTypeFor(std::string_view contentType) noexcept;

/// Whether `node` understands nothing but gRPC, as go-micro's gRPC servers announce it.
bool speaksOnlyGrpc(const Node& node);
/// Whether `node` understands gRPC.
bool speaksGrpc(const Node& node);

/// A request that `codec` has written, as a message of gRPC with the same payload.
Buffer asGrpcMessage(const Codec& codec, std::string_view request);

}  // namespace evmicro::detail
