#pragma once

#include <evmicro/registry.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// Whether the listener of `node` speaks TLS: a node of Go says so by `secure=true`.
inline bool wantsTls(const Node& node) {
  const auto secure = node.metadata.find("secure");
  return secure != node.metadata.end() && secure->second == "true";
}

/// Why a node that wants TLS is not dialled: what is sent would go to it in clear text.
inline Status tlsNotSupported() {
  return Status::unavailable("the node expects TLS (secure=true), which is not supported yet");
}

}  // namespace evmicro::detail
