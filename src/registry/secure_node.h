#pragma once

#include <evmicro/registry.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// Whether `node` expects TLS: go-micro announces that with `secure=true`.
inline bool wantsTls(const Node& node) {
  const auto secure = node.metadata.find("secure");
  return secure != node.metadata.end() && secure->second == "true";
}

/// The error for a node that is not called, because TLS is required.
inline Status tlsNotAnnounced() {
  return Status::unavailable("the node does not announce TLS (secure=true), which is required");
}

}  // namespace evmicro::detail
