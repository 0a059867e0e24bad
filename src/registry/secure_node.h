#pragma once

#include <evmicro/registry.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// Whether `node` expects TLS: go-micro announces that with `secure=true`.
inline bool wantsTls(const Node& node) {
  const auto secure = node.metadata.find("secure");
  return secure != node.metadata.end() && secure->second == "true";
}

/// The error for a node that expects TLS. It is not dialled, because the data would be sent in
/// clear text.
inline Status tlsNotSupported() {
  return Status::unavailable("the node expects TLS (secure=true), which is not supported yet");
}

}  // namespace evmicro::detail
