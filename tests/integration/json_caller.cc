#include "integration/json_caller.h"

#include <utility>

namespace evmicro::test {

namespace {

ServiceOptions quiet() {
  ServiceOptions options;
  options.registry = "memory";
  options.client.contentType = "application/json";
  options.client.requestTimeout = std::chrono::seconds(30);
  return options;
}

CallOptions to(const std::string& address) {
  CallOptions options;
  options.address = address;
  return options;
}

std::string textOf(const Result<JsonDocument>& reply) {
  if (reply.ok()) return reply->text;
  const Status status = reply.status();
  return std::to_string(status.code()) + " " + status.id() + " " + status.detail();
}

}  // namespace

JsonCaller::JsonCaller() : service_(quiet()) {}

std::string JsonCaller::call(const std::string& address, const std::string& method,
                             const std::string& request) {
  return textOf(service_.client().call<JsonDocument>(Context(), "service", method,
                                                     JsonDocument{request}, to(address)));
}

void JsonCaller::begin(const std::string& address, const std::string& method,
                       const std::string& request,
                       std::function<void(const std::string& answer)> done) {
  service_.client().call<JsonDocument>(
      Context(), "service", method, JsonDocument{request},
      [done = std::move(done)](const Result<JsonDocument>& reply) { done(textOf(reply)); },
      to(address));
}

}  // namespace evmicro::test
