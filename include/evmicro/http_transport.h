#pragma once

#include <memory>

#include <evmicro/export.h>
#include <evmicro/transport.h>

namespace evmicro {

class EventLoop;

/// Messages as HTTP/1.1 over TCP, compatible with go-micro's http transport: each request is a
/// POST, each reply a 200 with Content-Length. Works with go-micro's servers and clients. A
/// connection may carry any number of messages. `loop` must outlive it and its sockets.
EVMICRO_EXPORT std::unique_ptr<Transport> makeHttpTransport(EventLoop& loop);

}  // namespace evmicro
