#pragma once

#include <memory>

#include <evmicro/export.h>
#include <evmicro/transport.h>

namespace evmicro {

class EventLoop;

/// HTTP/1.1 used as datagrams on a TCP connection, as go-micro's http transport: a request is a
/// POST, a reply a 200 with Content-Length. Interoperates with go-micro's servers and clients.
/// Connections may carry any number of messages. `loop` must outlive it and its sockets.
EVMICRO_EXPORT std::unique_ptr<Transport> makeHttpTransport(EventLoop& loop);

}  // namespace evmicro
