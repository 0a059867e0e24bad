#pragma once

#include <evmicro/buffer.h>
#include <evmicro/metadata.h>

namespace evmicro {

/// What a Transport carries: headers and a body. On http one request (client to server) or one
/// response (server to client). Content-Length and other framing headers are the transport's own
/// business: it drops them on the way out.
struct Message {
  /// Of a reply: the HTTP status that it came with; 0 where the transport has none.
  int status = 0;
  Metadata headers;
  Buffer body;
};

}  // namespace evmicro
