#include "gateway/forwarded_head.h"

#include <algorithm>
#include <iterator>

#include <evmicro/metadata.h>

#include "http/head_writer.h"
#include "web/header_tokens.h"

namespace evmicro::gateway {

namespace {

// Headers that belong to one connection (RFC 9110, 7.6.1).
bool staysHere(std::string_view name) {
  constexpr std::string_view kNames[] = {"Connection",
                                         "Content-Length",
                                         "Expect",
                                         "Keep-Alive",
                                         "Proxy-Authenticate",
                                         "Proxy-Authorization",
                                         "Proxy-Connection",
                                         "Te",
                                         "Trailer",
                                         "Transfer-Encoding",
                                         "Upgrade"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool isReplaced(const ForwardOptions& options, std::string_view name) {
  constexpr std::string_view kNames[] = {"Host", "X-Forwarded-For", "X-Forwarded-Host",
                                         "X-Forwarded-Proto"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames) ||
         std::any_of(options.headers.begin(), options.headers.end(), [name](const auto& field) {
           return canonicalHeaderName(field.first) == name;
         });
}

bool isEventStream(const Metadata& headers) {
  const std::string_view type = headers.get("Content-Type").value_or("");
  return detail::equalsIgnoringCase(type.substr(0, type.find_first_of("; ")), "text/event-stream");
}

std::string forwardedFor(const WebRequest& request) {
  std::string all;
  for (const auto& [name, value] : request.headers) {
    if (name == "X-Forwarded-For") all.append(value).append(", ");
  }
  return all.append(request.peerAddress.substr(0, request.peerAddress.rfind(':')));
}

}  // namespace

bool asksForWebSocket(const WebRequest& request) {
  return request.method == "GET" &&
         detail::hasHeaderToken(request.headers, "Connection", "upgrade") &&
         detail::hasHeaderToken(request.headers, "Upgrade", kWebSocket);
}

void writeForwardedHead(std::string& out, const WebRequest& request,
                        const ForwardOptions& options) {
  // Not the target as it was sent: what stands before the path there could name another host.
  const detail::HttpTarget own = detail::splitHttpTarget(request.target);
  std::string target = options.target;
  if (target.empty()) {
    target = own.path;
    if (!own.query.empty()) target.append("?").append(own.query);
  }
  const std::string_view host = findField(request.headers, "Host").value_or("localhost");
  detail::HeadWriter writer(out);
  writer.request(request.method, target, options.host.empty() ? host : options.host);
  const auto connection = detail::headerTokens(request.headers, "Connection");
  for (const auto& [name, value] : request.headers) {
    if (staysHere(name) || isReplaced(options, name)) continue;
    const bool named =
        std::any_of(connection.begin(), connection.end(), [name = &name](std::string_view token) {
          return detail::equalsIgnoringCase(token, *name);
        });
    if (!named) writer.field(name, value);
  }
  writer.field("X-Forwarded-For", forwardedFor(request));
  writer.field("X-Forwarded-Host", host);
  writer.field("X-Forwarded-Proto", options.secure ? "https" : "http");
  for (const auto& [name, value] : options.headers) writer.field(name, value);
  if (asksForWebSocket(request)) {
    writer.field("Connection", "Upgrade").field("Upgrade", kWebSocket);
  }
  if (findField(request.headers, "Transfer-Encoding")) {
    writer.field("Transfer-Encoding", "chunked");
  } else if (const auto length = findField(request.headers, "Content-Length")) {
    writer.field("Content-Length", *length);
  }
  writer.end();
}

WebFields forwardedReply(const Metadata& headers) {
  WebFields kept;
  WebFields all;
  for (const Metadata::Entry& entry : headers) {
    if (entry.name == "Connection") all.emplace_back(entry.name, entry.value);
  }
  for (const Metadata::Entry& entry : headers) {
    const bool named = !all.empty() && detail::hasHeaderToken(all, "Connection", entry.name);
    if (named || staysHere(entry.name)) continue;
    kept.emplace_back(entry.name, entry.value);
  }
  // nginx in front would collect events until a buffer is full.
  if (isEventStream(headers) && !headers.has("X-Accel-Buffering")) {
    kept.emplace_back("X-Accel-Buffering", "no");
  }
  return kept;
}

}  // namespace evmicro::gateway
