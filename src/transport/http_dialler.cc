#include "transport/http_dialler.h"

#include <event2/dns.h>
#include <event2/util.h>
#include <sys/socket.h>

#include "http/socket.h"
#include "net/dial_address.h"
#include "net/tcp_stream.h"

namespace evmicro::detail {

HttpDialler::HttpDialler(EventLoop& loop) : loop_(loop) {}

HttpDialler::~HttpDialler() {
  if (dns_) evdns_base_free(dns_, 0);
}

Result<std::unique_ptr<HttpSocket>> HttpDialler::dial(std::string_view address,
                                                      const DialOptions& options,
                                                      std::string target) {
  auto parsed = parseDialAddress(address);
  if (!parsed.ok()) return parsed.status();
  auto stream =
      std::make_unique<TcpStream>(loop_, dnsFor(parsed->host), parsed->host, parsed->port);
  return std::make_unique<HttpSocket>(
      sharedFor(options), std::move(stream),
      HttpSocket::Destination{std::string(address), std::move(target), options.connectTimeout});
}

const std::shared_ptr<HttpSocketShared>& HttpDialler::sharedFor(const DialOptions& options) {
  const bool same = shared_ && options.maxBodyBytes == options_.maxBodyBytes &&
                    options.maxHeaderBytes == options_.maxHeaderBytes &&
                    options.highWaterBytes == options_.highWaterBytes;
  if (!same) {
    options_ = options;
    shared_ = std::make_shared<HttpSocketShared>(loop_, options);
  }
  return shared_;
}

evdns_base* HttpDialler::dnsFor(const std::string& host) {
  unsigned char address[16];
  const bool numeric = evutil_inet_pton(AF_INET, host.c_str(), address) == 1 ||
                       evutil_inet_pton(AF_INET6, host.c_str(), address) == 1;
  if (!numeric && !dns_) {
    dns_ = evdns_base_new(loop_.base(),
                          EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
  }
  return dns_;
}

}  // namespace evmicro::detail
