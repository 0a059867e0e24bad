// In the place of the other sources of this folder, for builds --without-grpc.

#include "http2/dialler.h"
#include "http2/port.h"

namespace evmicro::detail {

bool haveHttp2() noexcept { return false; }

std::unique_ptr<Http2Port> makeHttp2Port(std::shared_ptr<HttpSocketShared>, Listener::Observer&) {
  return nullptr;
}

std::unique_ptr<Http2Dialler> makeHttp2Dialler(EventLoop&) { return nullptr; }

}  // namespace evmicro::detail
