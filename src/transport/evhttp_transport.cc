#include <evmicro/evhttp_transport.h>

#include <sys/socket.h>

#include <event2/dns.h>
#include <event2/util.h>

#include <evmicro/event_loop.h>

#include "transport/evhttp_listener.h"
#include "transport/evhttp_socket.h"

namespace evmicro {

namespace {

bool isNumeric(const std::string& host) {
  unsigned char address[16];
  return evutil_inet_pton(AF_INET, host.c_str(), address) == 1 ||
         evutil_inet_pton(AF_INET6, host.c_str(), address) == 1;
}

class EvhttpTransport final : public Transport {
 public:
  explicit EvhttpTransport(EventLoop& loop) : loop_(loop) {}

  std::string_view name() const override { return "evhttp"; }
  std::string_view protocol() const override { return "http"; }

  Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                           Listener::Observer& observer) override {
    auto port = detail::EvhttpPort::open(loop_, address, options, observer);
    if (!port.ok()) return std::move(port).status();
    return std::unique_ptr<Listener>(
        std::make_unique<detail::EvhttpCallListener>(std::move(*port)));
  }

  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    auto parsed = detail::parseDialAddress(address);
    if (!parsed.ok()) return std::move(parsed).status();
    return std::unique_ptr<Socket>(std::make_unique<detail::EvhttpSocket>(
        loop_, namesFor(parsed->host), *parsed, std::string(address), options));
  }

 private:
  // Without a resolver of its own evhttp would look names up in a way that blocks the loop.
  detail::EvdnsBase namesFor(const std::string& host) {
    if (isNumeric(host)) return nullptr;
    if (!names_) {
      names_ = detail::EvdnsBase(evdns_base_new(loop_.base(), EVDNS_BASE_INITIALIZE_NAMESERVERS |
                                                                  EVDNS_BASE_DISABLE_WHEN_INACTIVE),
                                 [](evdns_base* names) { evdns_base_free(names, 0); });
    }
    return names_;
  }

  EventLoop& loop_;
  detail::EvdnsBase names_;  // with the sockets that were dialled by name
};

}  // namespace

std::unique_ptr<Transport> makeEvhttpTransport(EventLoop& loop) {
  return std::make_unique<EvhttpTransport>(loop);
}

}  // namespace evmicro
