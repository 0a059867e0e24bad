#include "tool/gateway_flags.h"

#include <chrono>
#include <csignal>
#include <utility>

#include "base/log.h"
#include "tool/arguments.h"

namespace evmicro::tool {

GatewayFlags::GatewayFlags(std::string name, std::string address)
    : name_(std::move(name)), address_(std::move(address)) {}

void GatewayFlags::addTo(Arguments& arguments) {
  arguments.addFlag("--" + name_ + "_address", "HOST:PORT", address_, "Listen on HOST:PORT");
  arguments.addSwitch(
      "--enable_tls", [this] { enableTls_ = true; },
      "Speak TLS there, with the certificate and key of the next flags");
  arguments.addFlag("--tls_cert_file", "FILE", tls_.certificate,
                    "Certificate and intermediate ones (PEM)");
  arguments.addFlag("--tls_key_file", "FILE", tls_.key, "Private key of that certificate (PEM)");
  arguments.addFlag("--tls_client_ca_file", "FILE", tls_.caFile,
                    "Clients must show a certificate that one of these CAs has signed (PEM)");
  arguments.addNumber("--register_ttl", "SECONDS", ttlSeconds_, 0, 86400,
                      "Seconds after which the registration of the gateway ends unless renewed");
  arguments.addNumber("--register_interval", "SECONDS", intervalSeconds_, 1, 86400,
                      "Seconds between renewals of the registration");
  for (const char* name : {"enable_tls", "tls_client_ca_file", "register_ttl",
                           "register_interval"}) {
    arguments.readEnvironment(name);
  }
  arguments.readEnvironment(name_ + "_address");
  // The micro tool writes these so.
  arguments.readEnvironment("tls_cert_file", "MICRO_TLS_CERT_File");
  arguments.readEnvironment("tls_key_file", "MICRO_TLS_KEY_File");
}

Status GatewayFlags::check() const {
  const bool complete = !tls_.certificate.empty() && !tls_.key.empty();
  if (enableTls_ && !complete) {
    return Status::invalid("--enable_tls needs --tls_cert_file and --tls_key_file");
  }
  // Plain HTTP is not what such flags are given for.
  const bool any = !tls_.certificate.empty() || !tls_.key.empty() || !tls_.caFile.empty();
  if (!enableTls_ && any) {
    return Status::invalid(
        "--tls_cert_file, --tls_key_file and --tls_client_ca_file need --enable_tls");
  }
  return {};
}

void GatewayFlags::applyTo(ServiceOptions& options) const {
  options.name = "go.micro." + name_;
  options.client.name = options.name;
  options.server.registerTtl = std::chrono::seconds(ttlSeconds_);
  options.server.registerInterval = std::chrono::seconds(intervalSeconds_);
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
