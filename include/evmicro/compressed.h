#pragma once

#include <cstddef>

#include <evmicro/export.h>
#include <evmicro/web_server.h>

namespace evmicro {

/// Wraps a handler so that its replies are compressed (gzip) for clients that accept that: replies
/// of at least `leastBytes`, and streamed ones, each part at once. Only text, JSON, XML, scripts
/// and the like; not what has a Content-Encoding or Content-Range, or `Cache-Control:
/// no-transform`, nor replies begun with a length. Adds Vary, and makes an ETag weak. Compressing
/// takes time in the loop: about 10 ms per megabyte. Do not use it for replies that contain both a
/// secret and text that an attacker chooses (BREACH).
EVMICRO_EXPORT WebServer::Handler compressed(WebServer::Handler handler,
                                             std::size_t leastBytes = 1'024);

}  // namespace evmicro
