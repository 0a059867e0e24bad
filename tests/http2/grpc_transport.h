#pragma once

#include <memory>

#include <evmicro/event_loop.h>
#include <evmicro/transport.h>

namespace evmicro::test {

/// gRPC as a transport, for the conformance suites: the listener of the http transport, and streams
/// of gRPC dialled to it. Each socket is one bidirectional stream.
std::unique_ptr<Transport> makeGrpcTransport(EventLoop& loop);

}  // namespace evmicro::test
