#pragma once

#include <memory>

#include <evmicro/export.h>
#include <evmicro/transport.h>

namespace evmicro {

class EventLoop;

/// Unary calls by libevent's own HTTP server and client (evhttp): one request, one reply, then
/// perhaps the next request on the same connection. Wire-compatible with makeHttpTransport() and
/// with go-micro's http transport, in both roles. Streams are refused with an error, see
/// Socket::carriesStreams(): a second message before the answer to the first, or a second answer,
/// ends the socket with kInvalid. It costs more CPU per call than the http transport; it is for
/// programs that want libevent's HTTP all the way. `loop` must outlive it and its sockets.
EVMICRO_EXPORT std::unique_ptr<Transport> makeEvhttpTransport(EventLoop& loop);

}  // namespace evmicro
