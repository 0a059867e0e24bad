#include <evmicro/http_transport.h>

#include <evmicro/event_loop.h>

#include "http/socket.h"
#include "http2/port.h"
#include "transport/http_dialler.h"
#include "transport/http_listener.h"
#include "transport/http_only.h"

namespace evmicro {

namespace {

class HttpTransport final : public Transport {
 public:
  HttpTransport(EventLoop& loop, detail::Http2Use http2)
      : loop_(loop), http2_(http2), dialler_(loop) {}

  std::string_view name() const override { return "http"; }
  bool servesGrpc() const noexcept override {
    return http2_ == detail::Http2Use::kYes && detail::haveHttp2();
  }

  Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                           Listener::Observer& observer) override {
    auto listener = detail::HttpListener::open(loop_, address, options, observer, http2_);
    if (!listener.ok()) return std::move(listener).status().withContext("transport");
    return std::unique_ptr<Listener>(std::move(*listener));
  }

  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    auto socket = dialler_.dial(address, options);
    if (!socket.ok()) return socket.status();
    return std::unique_ptr<Socket>(std::move(*socket));
  }

  Status reloadTls() override { return dialler_.reloadTls(); }

 private:
  EventLoop& loop_;
  const detail::Http2Use http2_;
  detail::HttpDialler dialler_;
};

}  // namespace

std::unique_ptr<Transport> makeHttpTransport(EventLoop& loop) {
  return std::make_unique<HttpTransport>(loop, detail::Http2Use::kYes);
}

std::unique_ptr<Transport> detail::makeHttp1Transport(EventLoop& loop) {
  return std::make_unique<HttpTransport>(loop, Http2Use::kNo);
}

}  // namespace evmicro
