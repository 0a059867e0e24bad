#pragma once

#include <memory>

#include <evmicro/export.h>
#include <evmicro/transport.h>

namespace evmicro {

class EventLoop;

/// Carries unary calls over libevent's own HTTP server and client (evhttp): one request, one reply,
/// then possibly the next request on the same connection. Compatible on the wire with
/// makeHttpTransport() and with go-micro's http transport, in both roles. Streams are refused with
/// an error, see Socket::carriesStreams(): a second message before the first is answered, or a
/// second answer, ends the socket with kInvalid. It needs more CPU per call than the http transport
/// and is meant for programs that want libevent's HTTP throughout. `loop` must outlive it and its
/// sockets.
EVMICRO_EXPORT std::unique_ptr<Transport> makeEvhttpTransport(EventLoop& loop);

}  // namespace evmicro
