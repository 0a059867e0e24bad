#pragma once

#include <functional>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro::tool {

class Arguments;

/// The flags that the gateways have in common: where they listen, their TLS, and how long they are
/// registered.
class GatewayFlags {
 public:
  /// `name`: `api`, for the flag `--api_address` and the service `go.micro.api`. `address`: the
  /// default.
  GatewayFlags(std::string name, std::string address);

  /// `this` must outlive the parsing.
  void addTo(Arguments& arguments);

  /// kInvalid: the flags contradict each other. @pre parsed, as for the functions below
  Status check() const;
  const std::string& address() const noexcept { return address_; }
  /// Without a certificate unless TLS is enabled.
  const TlsOptions& tls() const noexcept { return tls_; }
  /// Sets the name of the gateway's service and its registration.
  void applyTo(ServiceOptions& options) const;

 private:
  const std::string name_;
  std::string address_;
  TlsOptions tls_;
  bool enableTls_ = false;
  int ttlSeconds_ = 30;
  int intervalSeconds_ = 10;
};

/// Calls `reload` at each SIGHUP while the token exists, and logs the outcome as `component`.
Result<Subscription> reloadAtHangup(EventLoop& loop, std::string component,
                                    std::function<Status()> reload);

}  // namespace evmicro::tool
