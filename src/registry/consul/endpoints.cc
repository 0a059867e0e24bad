#include "registry/consul/endpoints.h"

#include <algorithm>
#include <utility>

#include "registry/consul/environment.h"

namespace evmicro::detail {

namespace {

bool isHeaderValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

// Blanks are allowed, as after "Basic".
bool isHeaderLine(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

Status checkHeaders(const std::string& token, const std::vector<std::string>& headers) {
  if (!isHeaderValue(token)) {
    return Status::invalid(
        "consul token: contains characters that are not allowed in an HTTP header");
  }
  for (const std::string& line : headers) {
    if (isHeaderLine(line)) continue;
    return Status::invalid(
        "consul: " + line.substr(0, line.find(':')) +
        " from the environment contains characters that are not allowed in an HTTP header");
  }
  return {};
}

}  // namespace

HttpEndpoints::Options consulEndpoints(ConsulOptions options) {
  HttpEndpoints::Options endpoints;
  endpoints.kind = "consul";
  endpoints.defaultPort = "8500";
  endpoints.problem = applyConsulEnvironment(options);
  endpoints.timeout = options.timeout;
  endpoints.addresses = std::move(options.addresses);
  if (endpoints.addresses.empty()) endpoints.addresses.emplace_back("none");
  endpoints.tls = std::move(options.tls);
  endpoints.headers = consulHeaders();
  if (endpoints.problem.ok()) endpoints.problem = checkHeaders(options.token, endpoints.headers);
  if (!options.token.empty()) {
    endpoints.headers.insert(endpoints.headers.begin(), "X-Consul-Token: " + options.token);
  }
  return endpoints;
}

Status checkReadable(const HttpEndpoints& agents, const EndpointReply& reply,
                     std::string_view path) {
  const bool hidden = reply.http == 200 &&
                      reply.header("X-Consul-Results-Filtered-By-ACLs") == "true" &&
                      reply.body.find_first_not_of("[]{} \r\n") == std::string::npos;
  if (!hidden) return {};
  return Status::error(
      403, {},
      "consul " + agents.address(reply.endpoint) + ": the token may not read the answer to GET " +
          std::string(path.substr(0, path.find('?'))) + " (service:read and node:read are needed)");
}

}  // namespace evmicro::detail
