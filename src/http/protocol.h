#pragma once

#include <string_view>

namespace evmicro::detail {

/// The protocol that a peer speaks on an accepted connection.
enum class Protocol {
  kUndecided,  ///< more bytes are needed
  kHttp1,      ///< HTTP/1.x, or unknown: the HTTP reader reports what is wrong
  kHttp2,      ///< HTTP/2's connection preface
  kTls,        ///< a TLS handshake
};

/// Detects the protocol from the first bytes, all that have arrived so far.
Protocol protocolOf(std::string_view firstBytes) noexcept;

}  // namespace evmicro::detail
