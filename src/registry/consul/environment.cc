#include "registry/consul/environment.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "json/base64.h"
#include "net/host_port.h"

namespace evmicro::detail {

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

void fill(std::string& field, const char* name) {
  if (field.empty()) field = variable(name);
}

Status fillFromFile(std::string& field, const char* name) {
  const std::string path = variable(name);
  if (!field.empty() || path.empty()) return {};
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) {
    return Status::invalid(std::string("environment variable ") + name + ": cannot read \"" + path +
                           "\"");
  }
  field = trimBlanks(line);
  return {};
}

// Like Go's strconv.ParseBool, which Consul's tools use.
Result<bool> truth(const char* name, bool otherwise) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};
  const std::string value = variable(name);
  if (value.empty()) return otherwise;
  if (std::find(kTrue.begin(), kTrue.end(), value) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), value) != kFalse.end()) return false;
  return Status::invalid(std::string("environment variable ") + name +
                         ": expected true or false, got \"" + value + "\"");
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
  if (Status status = fillFromFile(options.token, "CONSUL_HTTP_TOKEN_FILE"); !status.ok()) {
    return status;
  }
  fill(options.tls.caFile, "CONSUL_CACERT");
  fill(options.tls.caPath, "CONSUL_CAPATH");
  fill(options.tls.certificate, "CONSUL_CLIENT_CERT");
  fill(options.tls.key, "CONSUL_CLIENT_KEY");
  fill(options.tls.serverName, "CONSUL_TLS_SERVER_NAME");
  if (!*verify) options.tls.verify = TlsOptions::Verify::kNothing;
  return {};
}

std::vector<std::string> consulHeaders() {
  std::vector<std::string> headers;
  if (const std::string user = variable("CONSUL_HTTP_AUTH"); !user.empty()) {
    headers.emplace_back("Authorization: Basic ");
    appendBase64(headers.back(), user);
  }
  if (const std::string space = variable("CONSUL_NAMESPACE"); !space.empty()) {
    headers.push_back("X-Consul-Namespace: " + space);
  }
  return headers;
}

}  // namespace evmicro::detail
