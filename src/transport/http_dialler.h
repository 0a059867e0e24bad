#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/transport.h>

struct evdns_base;

namespace evmicro::detail {

class HttpSocket;
struct HttpSocketShared;

/// Starts connections. Names are looked up by a resolver of its own, which does not block the loop
/// and is made at the first name.
class HttpDialler {
 public:
  /// `loop` must outlive it.
  explicit HttpDialler(EventLoop& loop);
  HttpDialler(const HttpDialler&) = delete;
  HttpDialler& operator=(const HttpDialler&) = delete;
  /// Connections whose name is being looked up must be gone.
  ~HttpDialler();

  /// As Transport::dial(); requests on the socket ask for `target`.
  Result<std::unique_ptr<HttpSocket>> dial(std::string_view address, const DialOptions& options,
                                           std::string target = "/");

 private:
  evdns_base* dnsFor(const std::string& host);
  const std::shared_ptr<HttpSocketShared>& sharedFor(const DialOptions& options);

  EventLoop& loop_;
  evdns_base* dns_ = nullptr;  // owned
  DialOptions options_;        // of the last connection, whose limits all share as a rule
  std::shared_ptr<HttpSocketShared> shared_;
};

}  // namespace evmicro::detail
