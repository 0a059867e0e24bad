#pragma once

#include <memory>

#include <evmicro/transport.h>

namespace evmicro {

class EventLoop;

namespace detail {

/// As makeHttpTransport(), but listeners refuse HTTP/2, and gRPC with it.
std::unique_ptr<Transport> makeHttp1Transport(EventLoop& loop);

}  // namespace detail
}  // namespace evmicro
