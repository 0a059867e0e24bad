#pragma once

#include <string_view>

namespace evmicro::detail {

/// What a peer speaks on a connection that it has opened.
enum class Protocol {
  kUndecided,  ///< more bytes are needed
  kHttp1,      ///< HTTP/1.x, or nothing that is known: its reader says what is wrong with it
  kHttp2,      ///< the preface of HTTP/2
  kTls,        ///< a TLS handshake
};

/// Decides by the first bytes, all that have come so far.
Protocol protocolOf(std::string_view firstBytes) noexcept;

}  // namespace evmicro::detail
