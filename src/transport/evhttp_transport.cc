#include <evmicro/evhttp_transport.h>

#include <evmicro/event_loop.h>

#include "net/unix_address.h"
#include "transport/evhttp_listener.h"
#include "transport/evhttp_socket.h"

namespace evmicro {

namespace {

class EvhttpTransport final : public Transport {
 public:
  explicit EvhttpTransport(EventLoop& loop) : loop_(loop), resolver_(loop) {}

  std::string_view name() const override { return "evhttp"; }
  std::string_view protocol() const override { return "http"; }

  Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                           Listener::Observer& observer) override {
    if (!options.tls.certificate.empty()) return noTls();
    auto port = detail::EvhttpPort::open(loop_, address, options, observer);
    if (!port.ok()) return std::move(port).status();
    return std::unique_ptr<Listener>(std::make_unique<detail::EvhttpListener>(std::move(*port)));
  }

  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    if (options.tls) return noTls();
    auto parsed = detail::parseDialAddress(address);
    if (!parsed.ok()) return std::move(parsed).status();
    if (detail::isSocketPath(parsed->host)) {
      return Status::invalid("transport: evhttp cannot dial " + std::string(address) +
                             ": libevent's HTTP client knows no Unix sockets; transport http does");
    }
    return std::unique_ptr<Socket>(std::make_unique<detail::EvhttpSocket>(
        loop_, resolver_, *parsed, std::string(address), options));
  }

 private:
  static Status noTls() {
    return Status::invalid("transport: evhttp has no TLS: use --transport http");
  }

  EventLoop& loop_;
  detail::Resolver resolver_;
};

}  // namespace

std::unique_ptr<Transport> makeEvhttpTransport(EventLoop& loop) {
  return std::make_unique<EvhttpTransport>(loop);
}

}  // namespace evmicro
