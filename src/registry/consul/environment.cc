#include "registry/consul/environment.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

namespace evmicro::detail {

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

void fill(std::string& field, const char* name) {
  if (field.empty()) field = variable(name);
}

// As Go's strconv.ParseBool, which Consul's tools use.
Result<bool> truth(const char* name, bool otherwise) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};
  const std::string value = variable(name);
  if (value.empty()) return otherwise;
  if (std::find(kTrue.begin(), kTrue.end(), value) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), value) != kFalse.end()) return false;
  return Status::invalid(std::string("environment variable ") + name + ": \"" + value +
                         "\" is neither true nor false");
}

}  // namespace

Status applyConsulEnvironment(ConsulOptions& options) {
  const Result<bool> ssl = truth("CONSUL_HTTP_SSL", false);
  if (!ssl.ok()) return ssl.status();
  const Result<bool> verify = truth("CONSUL_HTTP_SSL_VERIFY", true);
  if (!verify.ok()) return verify.status();

  if (options.addresses.empty()) {
    const std::string address = variable("CONSUL_HTTP_ADDR");
    options.addresses.push_back(address.empty() ? "127.0.0.1:8500" : address);
  }
  for (std::string& address : options.addresses) {
    if (*ssl && address.find("://") == std::string::npos) address = "https://" + address;
  }
  fill(options.token, "CONSUL_HTTP_TOKEN");
  fill(options.tls.caFile, "CONSUL_CACERT");
  fill(options.tls.caPath, "CONSUL_CAPATH");
  fill(options.tls.certificate, "CONSUL_CLIENT_CERT");
  fill(options.tls.key, "CONSUL_CLIENT_KEY");
  fill(options.tls.serverName, "CONSUL_TLS_SERVER_NAME");
  if (!*verify) options.tls.verify = TlsOptions::Verify::kNothing;
  return {};
}

}  // namespace evmicro::detail
