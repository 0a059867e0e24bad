#include "transport/http_dialler.h"

#include <algorithm>
#include <utility>

#include "http/socket.h"
#include "net/dial_address.h"
#include "net/tcp_stream.h"
#include "net/unix_address.h"

namespace evmicro::detail {

bool haveSameLimits(const DialOptions& one, const DialOptions& other) noexcept {
  return one.maxBodyBytes == other.maxBodyBytes && one.maxHeaderBytes == other.maxHeaderBytes &&
         one.highWaterBytes == other.highWaterBytes && one.keepAlive == other.keepAlive &&
         one.keepAliveTimeout == other.keepAliveTimeout;
}

HttpDialler::HttpDialler(EventLoop& loop, TlsAlpn alpn)
    : loop_(loop), alpn_(alpn), resolver_(loop) {}

Result<std::unique_ptr<HttpSocket>> HttpDialler::dial(std::string_view address,
                                                      const DialOptions& options,
                                                      std::string target) {
  auto stream = dialStream(address, options);
  if (!stream.ok()) return std::move(stream).status();
  std::string host(isUnixAddress(address) ? "localhost" : address);
  return std::make_unique<HttpSocket>(
      sharedFor(options), std::move(*stream),
      HttpSocket::Destination{std::string(address), std::move(host), std::move(target),
                              options.connectTimeout});
}

Result<std::unique_ptr<ByteStream>> HttpDialler::dialStream(std::string_view address,
                                                            const DialOptions& options) {
  auto parsed = parseDialAddress(address);
  if (!parsed.ok()) return parsed.status();
  std::unique_ptr<ByteStream> stream =
      std::make_unique<TcpStream>(loop_, resolver_, parsed->host, parsed->port);
  if (options.tls) {
    const auto tls = tlsFor(options.tls);
    if (!tls.ok()) return tls.status();
    stream =
        (*tls)->wrap(std::move(stream),
                     {std::string(address), isSocketPath(parsed->host) ? "localhost" : parsed->host,
                      options.tlsNode});
  }
  return stream;
}

Result<std::shared_ptr<TlsClient>> HttpDialler::tlsFor(
    const std::shared_ptr<const TlsOptions>& options) {
  for (const TlsEntry& entry : tls_) {
    if (entry.options == options) return entry.client;
  }
  auto made = makeTlsClient(*options, alpn_);
  if (!made.ok()) return std::move(made).status();
  const auto unused = [](const TlsEntry& entry) { return entry.options.use_count() == 1; };
  tls_.erase(std::remove_if(tls_.begin(), tls_.end(), unused), tls_.end());
  tls_.push_back({options, *made});
  return made;
}

Status HttpDialler::reloadTls() {
  Status first;
  for (const TlsEntry& entry : tls_) {
    Status status = entry.client->reload();
    if (first.ok()) first = std::move(status);
  }
  return first;
}

const std::shared_ptr<HttpSocketShared>& HttpDialler::sharedFor(const DialOptions& options) {
  if (!shared_ || !haveSameLimits(options, options_)) {
    options_ = options;
    shared_ = std::make_shared<HttpSocketShared>(loop_, options);
  }
  return shared_;
}

}  // namespace evmicro::detail
