#include "gateway/proxy.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

#include <evmicro/metadata.h>

#include "gateway/errors.h"
#include "http/head.h"

namespace evmicro::gateway {

namespace {

constexpr char kId[] = "go.micro.api";
constexpr std::chrono::seconds kTimeout{30};

// Headers that belong to one connection (RFC 9110, 7.6.1), and those that the client library
// writes.
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
                                         "Upgrade",
                                         "X-Forwarded-For"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Names in Connection belong to it as well.
bool isNamedIn(std::string_view connection, const std::string& name) {
  while (!connection.empty()) {
    const std::size_t comma = connection.find(',');
    std::string_view token = connection.substr(0, comma);
    while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
    while (!token.empty() && token.back() == ' ') token.remove_suffix(1);
    if (canonicalHeaderName(token) == name) return true;
    connection.remove_prefix(comma == std::string_view::npos ? connection.size() : comma + 1);
  }
  return false;
}

}  // namespace

Proxy::Proxy(Service& service) : lookUps_(service.serviceView()), client_(service.loop()) {}

void Proxy::pass(const std::string& service, WebRequest request, WebReply reply) {
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  lookUps_.start(service, [this, service, request = std::move(request), shared](const auto& known) {
    if (!known.ok() || (*known)->nodes.empty()) {
      return answer(*shared,
                    Status::error(404, kId, "no node of " + service + " for " + request.path));
    }
    const auto& nodes = (*known)->nodes;
    std::uniform_int_distribution<std::size_t> any(0, nodes.size() - 1);
    passTo(nodes[any(random_)].node->dialAddress(), request, shared);
  });
}

void Proxy::passTo(const std::string& address, const WebRequest& request,
                   std::shared_ptr<WebReply> reply) {
  HttpClientRequest out;
  out.method = request.method;
  // Not the target as it was sent: what stands before the path there could name another host.
  const detail::HttpTarget target = detail::splitHttpTarget(request.target);
  out.url = "http://" + address + std::string(target.path);
  if (!target.query.empty()) out.url.append("?").append(target.query);
  out.body = request.body;
  out.timeout = kTimeout;
  const std::string_view connection = findField(request.headers, "Connection").value_or("");
  std::string forwarded;
  for (const auto& [name, value] : request.headers) {
    if (name == "X-Forwarded-For") forwarded += value + ", ";
    if (staysHere(name) || isNamedIn(connection, name)) continue;
    out.headers.push_back(name + ": " + value);
  }
  const std::size_t port = request.peerAddress.rfind(':');
  out.headers.push_back("X-Forwarded-For: " + forwarded + request.peerAddress.substr(0, port));
  const auto place = calls_.emplace(calls_.end());
  reply->onGone([this, place] { calls_.erase(place); });
  *place = client_.send(
      std::move(out), [this, place, reply, address](const Result<HttpClientReply>& result) {
        const Call ended = std::move(*place);  // destroyed when this returns
        calls_.erase(place);
        reply->onGone(nullptr);
        if (!result.ok()) {
          return answer(*reply, Status::error(502, kId, address + ": " + result.status().detail()));
        }
        WebFields headers;
        for (const auto& [name, value] : result->headers) {
          const std::string canonical = canonicalHeaderName(name);
          if (!staysHere(canonical)) headers.emplace_back(canonical, value);
        }
        reply->send(result->status, headers, result->body);
      });
}

}  // namespace evmicro::gateway
