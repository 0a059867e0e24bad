#pragma once

#include <evmicro/buffer.h>
#include <evmicro/metadata.h>

namespace evmicro {

/// What a Transport carries: headers and a body. With the http transport this is one request
/// (client to server) or one response (server to client). Content-Length and other framing headers
/// belong to the transport, which does not send those it finds in `headers`.
struct Message {
  /// The HTTP status of a reply; 0 if the transport has none.
  int status = 0;
  Metadata headers;
  Buffer body;
};

}  // namespace evmicro
