#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <evmicro/service.h>

#include "base/log.h"
#include "tool/command.h"
#include "tool/gateway_flags.h"
#include "tool/output.h"

namespace evmicro::tool {

/// Serves with a Gateway made from `gatewayOptions`, beside a service that is registered, until
/// SIGINT or SIGTERM; then everything that has been asked is answered. `component`: for the log.
/// `details` is logged behind the address.
template <typename Gateway, typename GatewayOptions>
ExitCode runGateway(ServiceOptions options, const GatewayFlags& flags,
                    const GatewayOptions& gatewayOptions, const char* component,
                    const std::string& details) {
  constexpr std::chrono::seconds kDrain{10};
  flags.applyTo(options);
  Service service(options);
  Gateway gateway(service, gatewayOptions);
  if (const Status status = gateway.start(); !status.ok()) return fail(status);
  announceHttp(service, gateway.address());
  std::optional<Result<Subscription>> hungUp;
  if (!gatewayOptions.tls.certificate.empty()) {
    hungUp = reloadAtHangup(service.loop(), component, [&gateway] { return gateway.reloadTls(); });
  }
  EVMICRO_LOG_INFO(component, "Listening on " << gateway.address() << details);
  const int outcome = service.run();
  gateway.stop(kDrain);
  return outcome == 0 ? kDone : kFailed;
}

}  // namespace evmicro::tool
