#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/transport.h>

#include "net/byte_stream.h"
#include "net/resolver.h"
#include "net/tls.h"

namespace evmicro::detail {

class HttpSocket;
struct HttpSocketShared;

/// Whether sockets dialled with either may share what HttpDialler::sharedFor() has.
bool haveSameLimits(const DialOptions& one, const DialOptions& other) noexcept;

/// Dials HTTP connections.
class HttpDialler {
 public:
  /// `loop` must outlive it. `alpn` is what connections by TLS offer.
  explicit HttpDialler(EventLoop& loop, TlsAlpn alpn = TlsAlpn::kHttp1);
  HttpDialler(const HttpDialler&) = delete;
  HttpDialler& operator=(const HttpDialler&) = delete;

  /// As Transport::dial(); requests on the socket have the target `target`.
  Result<std::unique_ptr<HttpSocket>> dial(std::string_view address, const DialOptions& options,
                                           std::string target = "/");
  /// The stream of bytes alone.
  Result<std::unique_ptr<ByteStream>> dialStream(std::string_view address,
                                                 const DialOptions& options);
  /// What all sockets with these options share.
  const std::shared_ptr<HttpSocketShared>& sharedFor(const DialOptions& options);
  /// As Transport::reloadTls().
  Status reloadTls();

 private:
  struct TlsEntry {
    std::shared_ptr<const TlsOptions> options;
    std::shared_ptr<TlsClient> client;  // shared with its streams
  };

  Result<std::shared_ptr<TlsClient>> tlsFor(const std::shared_ptr<const TlsOptions>& options);

  EventLoop& loop_;
  const TlsAlpn alpn_;
  Resolver resolver_;
  DialOptions options_;  // of the last connection; usually the same for all
  std::shared_ptr<HttpSocketShared> shared_;
  std::vector<TlsEntry> tls_;  // those in use, one as a rule
};

}  // namespace evmicro::detail
