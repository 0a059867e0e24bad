#include "tool/gateway_flags.h"

#include <chrono>
#include <csignal>
#include <utility>

#include "base/log.h"
#include "registry/advertise.h"
#include "service/flags.h"
#include "tool/arguments.h"

namespace evmicro::tool {

namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string list;
  for (const std::string& part : parts) list += (list.empty() ? "" : ",") + part;
  return list;
}

}  // namespace

GatewayFlags::GatewayFlags(std::string name, const gateway::GatewayOptions& defaults)
    : name_(std::move(name)), options_(defaults) {
  cors_ = joined(defaults.corsOrigins);
  allowedHosts_ = joined(defaults.allowedHosts);
}

void GatewayFlags::addTo(Arguments& arguments) {
  arguments.addFlag("--" + name_ + "_address", "HOST:PORT", options_.address,
                    "Listen on HOST:PORT");
  arguments.addSwitch(
      "--enable_tls", [this] { enableTls_ = true; },
      "Speak TLS there, with the certificate and key of the next flags");
  arguments.addFlag("--tls_cert_file", "FILE", options_.tls.certificate,
                    "Certificate and intermediate ones (PEM)");
  arguments.addFlag("--tls_key_file", "FILE", options_.tls.key,
                    "Private key of that certificate (PEM)");
  arguments.addFlag("--tls_client_ca_file", "FILE", options_.tls.caFile,
                    "Clients must show a certificate that one of these CAs has signed (PEM)");
  arguments.addNumber("--register_ttl", "SECONDS", ttlSeconds_, 0, 86400,
                      "Seconds after which the registration of the gateway ends unless renewed");
  arguments.addNumber("--register_interval", "SECONDS", intervalSeconds_, 1, 86400,
                      "Seconds between renewals of the registration");
  arguments.addFlag("--" + name_ + "_cors", "ORIGIN,...", cors_,
                    "Origins whose pages may use the gateway, * for all");
  arguments.addFlag("--" + name_ + "_allowed_hosts", "NAME,...", allowedHosts_,
                    "Host names under which the gateway may be reached, beside loopback names and "
                    "IP addresses; .NAME for all below NAME, * for all");
  arguments.addSwitch(
      "--disable_rpc", [this] { options_.rpc = false; }, "No /rpc");
  arguments.addFlag("--rpc_services", "NAME,...", rpcServices_,
                    "Services that /rpc may call; all unless given");
  arguments.addSwitch(
      "--rpc_any_address", [this] { options_.rpcAnyAddress = true; },
      "Let /rpc connect to any address that a request names, not to nodes of the service alone");
  arguments.addSwitch(
      "--enable_stats", [this] { options_.stats = true; }, "Serve /stats");
  arguments.addNumber(
      "--rate_limit", "N", requestsPerSecond_, 0, 10'000'000,
      "Refuse requests (429) above N a second, of all clients together; 0: no limit");
  arguments.addFlag("--jwt_keys", "ALGORITHM:FILE,...", jwtKeys_,
                    "Serve only requests with a bearer token that one of these keys has signed: "
                    "HS256 and the file of the secret, RS256 or ES256 and that of the public key");
  arguments.addFlag("--jwt_issuer", "NAME", options_.admission.jwt.issuer,
                    "The issuer that tokens must have");
  arguments.addFlag("--jwt_audience", "NAME", options_.admission.jwt.audience,
                    "The audience that tokens must have");
  for (const detail::FlagSpec& flag : detail::limitFlags(options_.limits)) arguments.add(flag);
  for (const std::string& name :
       {name_ + "_address", std::string("enable_tls"), std::string("tls_client_ca_file"),
        std::string("register_ttl"), std::string("register_interval"), name_ + "_cors",
        name_ + "_allowed_hosts", std::string("disable_rpc"), std::string("rpc_services"),
        std::string("rpc_any_address"), std::string("enable_stats"), std::string("rate_limit"),
        std::string("jwt_keys"), std::string("jwt_issuer"), std::string("jwt_audience")}) {
    arguments.readEnvironment(name);
  }
  // The micro tool writes these so.
  arguments.readEnvironment("tls_cert_file", "MICRO_TLS_CERT_File");
  arguments.readEnvironment("tls_key_file", "MICRO_TLS_KEY_File");
}

Status GatewayFlags::check() const {
  const bool complete = !options_.tls.certificate.empty() && !options_.tls.key.empty();
  if (enableTls_ && !complete) {
    return Status::invalid("--enable_tls needs --tls_cert_file and --tls_key_file");
  }
  // Plain HTTP is not what such flags are given for.
  const bool any = !options_.tls.certificate.empty() || !options_.tls.key.empty() ||
                   !options_.tls.caFile.empty();
  if (!enableTls_ && any) {
    return Status::invalid(
        "--tls_cert_file, --tls_key_file and --tls_client_ca_file need --enable_tls");
  }
  for (const std::string& key : detail::splitList(jwtKeys_)) {
    if (key.find(':') == std::string::npos) {
      return Status::invalid("--jwt_keys: expected ALGORITHM:FILE, got \"" + key + "\"");
    }
  }
  return {};
}

void GatewayFlags::addTunnelTimeoutTo(Arguments& arguments) {
  arguments.addNumber("--tunnel_timeout", "SECONDS", tunnelSeconds_, 0, 30 * 86400,
                      "Seconds without a byte after which a WebSocket to a backend is closed; 0: "
                      "never");
  arguments.readEnvironment("tunnel_timeout");
}

void GatewayFlags::applyTo(gateway::GatewayOptions& options) const {
  options = options_;
  options.corsOrigins = detail::splitList(cors_);
  options.allowedHosts = detail::splitList(allowedHosts_);
  options.rpcServices = detail::splitList(rpcServices_);
  options.admission.requestsPerSecond = requestsPerSecond_;
  options.tunnelIdleTimeout = std::chrono::seconds(tunnelSeconds_);
  for (const std::string& key : detail::splitList(jwtKeys_)) {
    const std::size_t colon = key.find(':');
    options.admission.jwt.keys.push_back({key.substr(0, colon), key.substr(colon + 1), {}});
  }
}

detail::Registrar::Options GatewayFlags::registration() const {
  return {std::chrono::seconds(ttlSeconds_), std::chrono::seconds(intervalSeconds_)};
}

void GatewayFlags::applyTo(ServiceOptions& options) const {
  options.name = "go.micro." + name_;
  options.client.name = options.name;
  options.server.registerTtl = std::chrono::seconds(ttlSeconds_);
  options.server.registerInterval = std::chrono::seconds(intervalSeconds_);
}

void announceHttp(Service& service, const std::string& bound) {
  const auto reached = detail::advertisedAddress(bound, "", service.registry().address(), "");
  if (!reached.ok()) return;
  const std::string port = reached->port == 0 ? "" : ":" + std::to_string(reached->port);
  service.server().setMetadata("http", reached->host + port);
}

Result<Subscription> reloadAtHangup(EventLoop& loop, std::string component,
                                    std::function<Status()> reload) {
  return loop.onSignal(SIGHUP, [component = std::move(component), reload = std::move(reload)] {
    const Status status = reload();
    if (status.ok()) {
      EVMICRO_LOG_INFO(component, "TLS certificates reloaded");
    } else {
      EVMICRO_LOG_ERROR(component, "TLS certificates not reloaded: " << status.detail());
    }
  });
}

}  // namespace evmicro::tool
