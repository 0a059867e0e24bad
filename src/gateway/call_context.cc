#include "gateway/call_context.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "http2/grpc_timeout.h"
#include "web/header_tokens.h"

namespace evmicro::gateway {

namespace {

constexpr char kRequestId[] = "X-Request-Id";

// Headers of the connection, the message, or evmicro's own callers.
bool staysHere(std::string_view name) {
  constexpr std::string_view kNames[] = {"Connection",
                                         "Content-Length",
                                         "Content-Type",
                                         "Expect",
                                         "Grpc-Timeout",
                                         "Host",
                                         "Keep-Alive",
                                         "Proxy-Authorization",
                                         "Te",
                                         "Timeout",
                                         "Proxy-Connection",
                                         "Timeout-For",
                                         "Trailer",
                                         "Transfer-Encoding",
                                         "Upgrade",
                                         "X-Micro-From-Service"};
  constexpr std::string_view kHandshake = "Sec-Websocket-";
  return name.substr(0, kHandshake.size()) == kHandshake ||
         std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Whether a request says that a header is for this connection (RFC 9110, 7.6.1).
bool isNamed(const std::vector<std::string_view>& connection, std::string_view name) {
  return std::any_of(connection.begin(), connection.end(), [name](std::string_view token) {
    return detail::equalsIgnoringCase(token, name);
  });
}

// Of go-micro: nanoseconds.
std::optional<std::chrono::nanoseconds> timeoutOf(const WebRequest& request) {
  const std::string_view text = findField(request.headers, "Timeout").value_or("");
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count <= 0) return std::nullopt;
  return std::chrono::nanoseconds(count);
}

}  // namespace

Context callContext(const WebRequest& request) {
  Context context;
  if (const auto timeout = timeoutOf(request)) context = context.withTimeout(*timeout);
  if (const auto text = findField(request.headers, "Grpc-Timeout")) {
    if (const auto timeout = detail::parseGrpcTimeout(*text)) {
      context = context.withTimeout(*timeout);
    }
  }
  Metadata& metadata = context.metadata();
  const auto connection = detail::headerTokens(request.headers, "Connection");
  for (const auto& [name, value] : request.headers) {
    if (staysHere(name) || isNamed(connection, name)) continue;
    const std::optional<std::string_view> before = metadata.get(name);
    metadata.set(name, before ? std::string(*before) + "," + value : value);
  }
  if (!metadata.has(kRequestId)) metadata.set(kRequestId, detail::makeUuid());
  return context;
}

Status checkTimeout(const WebRequest& request, std::string_view id) {
  const auto text = findField(request.headers, "Grpc-Timeout");
  if (!text || detail::parseGrpcTimeout(*text)) return {};
  return Status::error(400, std::string(id), "invalid grpc-timeout: " + std::string(*text));
}

std::string requestIdOf(const Context& context) {
  return std::string(context.metadata().get(kRequestId).value_or(""));
}

}  // namespace evmicro::gateway
