#include "tool/sidecar_client.h"

#include <algorithm>
#include <utility>

#include <evmicro/service_json.h>

#include "http/url.h"
#include "json/scanner.h"
#include "json/writer.h"
#include "tool/arguments.h"
#include "tool/waiting.h"

namespace evmicro::tool {

namespace {

constexpr std::chrono::seconds kTimeout{30};  // if calls have no limit

std::string baseOf(const std::string& address) {
  std::string base = address.find("://") == std::string::npos ? "http://" + address : address;
  while (base.back() == '/') base.pop_back();
  return base;
}

HttpClientOptions clientOptions(const ServiceOptions& options) {
  HttpClientOptions client;
  client.tls = options.client.tls;
  return client;
}

Status malformed(const std::string& why) {
  return Status::internal("not the answer of a sidecar: " + why);
}

}  // namespace

void addProxyFlag(Arguments& arguments, std::string& address) {
  arguments.addFlag("--proxy_address", "ADDRESS", address,
                    "Use the sidecar at HOST:PORT or URL instead of registry and nodes");
  arguments.readEnvironment("proxy_address");
}

SidecarClient::SidecarClient(const ServiceOptions& options, const std::string& address)
    : base_(baseOf(address)),
      timeout_(options.client.requestTimeout.count() > 0 ? options.client.requestTimeout
                                                         : std::chrono::milliseconds(kTimeout)),
      client_(loop_, clientOptions(options)) {}

Result<std::string> SidecarClient::ask(std::string method, const std::string& target,
                                       std::string body, std::vector<std::string> headers) {
  HttpClientRequest request;
  request.method = std::move(method);
  request.url = base_ + target;
  request.headers = std::move(headers);
  if (!body.empty()) request.headers.emplace_back("Content-Type: application/json");
  request.body = std::move(body);
  request.timeout = timeout_;
  using Reply = Result<HttpClientReply>;
  const auto reply = waitFor<Reply>(loop_, [&](HttpClient::Done done) {
    return client_.send(std::move(request), std::move(done));
  });
  if (!reply.ok()) return Status(reply.status()).withContext("sidecar " + base_);
  if (reply->status == 200) return reply->body;
  const Status why = Status::fromWire(reply->body);
  if (!why.id().empty()) return why;
  const std::size_t end = reply->body.find_last_not_of(" \r\n");
  return Status::error(
      reply->status, "sidecar",
      base_ + " answers " + std::to_string(reply->status) + " " + reply->body.substr(0, end + 1));
}

Result<std::vector<ServiceInfo>> SidecarClient::services(const std::string& target) {
  const Result<std::string> text = ask("GET", target);
  if (!text.ok()) return text.status();
  std::vector<ServiceInfo> all;
  detail::JsonScanner scanner(*text);
  Status status;
  scanner.array([&] {
    const std::string_view value = scanner.value();
    if (!scanner.ok()) return;
    Result<ServiceInfo> service = serviceFromJson(value);
    if (service.ok()) return all.push_back(std::move(*service));
    status = service.status();
    scanner.stop();
  });
  if (!status.ok()) return malformed(status.detail());
  if (!scanner.ok() || !scanner.atEnd()) return malformed(scanner.problem());
  return all;
}

Result<std::vector<std::string>> SidecarClient::listNames() {
  const auto all = services("/registry");
  if (!all.ok()) return all.status();
  std::vector<std::string> names;
  for (const ServiceInfo& service : *all) names.push_back(service.name);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<ServiceInfo>> SidecarClient::lookUp(const std::string& name) {
  auto found = services("/registry?service=" + detail::pathSegment(name));
  if (!found.ok() && found.status().code() == 404) {
    return Status::notFound("service \"" + name + "\" not found");
  }
  return found;
}

Status SidecarClient::registerService(const ServiceInfo& service) {
  return ask("POST", "/registry", toJson(service)).status();
}

Status SidecarClient::deregister(const ServiceInfo& service) {
  return ask("DELETE", "/registry", toJson(service)).status();
}

Result<JsonDocument> SidecarClient::call(const std::string& service, const std::string& method,
                                         const JsonDocument& request, const CallFlags& flags) {
  detail::JsonWriter writer(detail::JsonWriter::Style::kCompact);
  writer.beginObject();
  writer.member("service", service);
  writer.member("method", method);
  writer.member("request", request.text);  // as a string, which every version takes
  if (!flags.address.empty()) writer.member("address", flags.address);
  writer.endObject();
  Result<std::string> reply = ask("POST", "/rpc", writer.take(), flags.headers);
  if (!reply.ok()) return reply.status();
  detail::JsonScanner scanner(*reply);
  scanner.value();
  if (!scanner.ok() || !scanner.atEnd()) return malformed(scanner.problem());
  return JsonDocument{std::move(*reply)};
}

}  // namespace evmicro::tool
