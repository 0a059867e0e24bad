#include "gateway/sidecar_app.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/uuid.h"
#include "gateway/errors.h"
#include "gateway/sidecar_id.h"
#include "net/host_port.h"
#include "net/http_address.h"

namespace evmicro::gateway {

namespace {

constexpr std::chrono::seconds kTimeout{5};
constexpr std::size_t kMaxReplyBytes = 1U << 20;

// `http://user:password@host:80/path?query`: only what names the server is looked at.
bool namesServer(std::string_view url) {
  const auto [scheme, rest] = detail::splitScheme(url);
  if (scheme != "http" && scheme != "https") return false;
  const auto isOdd = [](unsigned char c) { return c <= ' ' || c == 0x7f; };
  if (std::any_of(rest.begin(), rest.end(), isOdd)) return false;
  std::string_view server = rest.substr(0, rest.find_first_of("/?#"));
  server.remove_prefix(server.rfind('@') + 1);  // npos + 1: nothing
  return detail::HttpAddress::parse("", scheme + "://" + std::string(server), "80").ok();
}

// @pre checked
ServiceInfo describe(const AppOptions& options) {
  ServiceInfo service;
  if (options.name.empty()) return service;
  const auto address = detail::splitHostPort(options.address);
  service.name = options.name;
  service.nodes.push_back({options.name + "-" + detail::makeUuid(),
                           detail::bracketed(address->host),
                           detail::parsePort(address->port).value_or(0),
                           {}});
  return service;
}

}  // namespace

Status SidecarApp::check(const AppOptions& options) {
  if (!options.healthUrl.empty() && !namesServer(options.healthUrl)) {
    // It may have a password.
    return Status::invalid("the health check's URL is not http(s)://HOST[:PORT][/PATH]");
  }
  if (options.name.empty() && options.address.empty()) return {};
  if (options.name.empty()) return Status::invalid("Require server name");
  if (options.address.empty()) return Status::invalid("Require server address");
  const auto address = detail::splitHostPort(options.address);
  const bool sound = address.ok() && detail::isHostName(address->host) &&
                     detail::parsePort(address->port).value_or(0) > 0;
  if (!sound) return Status::invalid("\"" + options.address + "\" is not HOST:PORT");
  return {};
}

SidecarApp::SidecarApp(EventLoop& loop, Registry& registry, AppOptions options)
    : loop_(loop),
      registry_(registry),
      options_(std::move(options)),
      service_(describe(options_)),
      client_(loop),
      next_(loop, [this] { check(); }) {}
SidecarApp::~SidecarApp() = default;

void SidecarApp::start() {
  if (options_.name.empty()) return;
  addToRegistry();
  if (!options_.healthUrl.empty()) next_.start(options_.healthInterval);
}

void SidecarApp::stop(std::function<void()> done) {
  next_.stop();
  check_.cancel();
  stopped_ = std::move(done);
  if (registrar_) {
    removeFromRegistry();
  } else {
    check_ = loop_.defer(stopped_);
  }
}

void SidecarApp::addToRegistry() {
  registrar_ = std::make_unique<detail::Registrar>(loop_, registry_, options_.registration);
  registrar_->start(service_, nullptr);
}

void SidecarApp::removeFromRegistry() {
  if (std::exchange(removing_, true)) return;
  registrar_->stop([this] {
    removing_ = false;
    loop_.deleteLater(std::move(registrar_));  // it is on the stack
    if (const auto stopped = std::exchange(stopped_, nullptr)) stopped();
  });
}

// --- health

// Runs `healthy` with the status of the answer, or with the error if there was none and 0.
Call SidecarApp::ask(Healthy healthy) {
  HttpClientRequest request;
  request.url = options_.healthUrl;
  request.timeout = kTimeout;
  request.maxReplyBytes = kMaxReplyBytes;
  return client_.send(std::move(request), [healthy = std::move(healthy)](const auto& reply) {
    healthy(reply.ok() ? Status() : reply.status(), reply.ok() ? reply->status : 0);
  });
}

void SidecarApp::check() {
  check_ = ask([this](const Status& status, int code) {
    next_.start(options_.healthInterval);
    checked(status.ok() && code != 200 ? Status::internal("status " + std::to_string(code))
                                       : status);
  });
}

void SidecarApp::checked(const Status& status) {
  if (!status.ok() && registrar_ && !removing_) {
    EVMICRO_LOG_WARN("sidecar", "Healthcheck error. Deregistering " << service_.nodes.front().id
                                                                    << ": " << status.detail());
    removeFromRegistry();
  } else if (status.ok() && !registrar_) {
    EVMICRO_LOG_INFO("sidecar", "Healthcheck success. Registering " << service_.nodes.front().id);
    addToRegistry();
  }
}

void SidecarApp::serveHealth(WebReply reply) {
  if (options_.healthUrl.empty()) return reply.send(200, {}, {});
  const auto shared = std::make_shared<WebReply>(std::move(reply));
  struct Outcome {
    Status status;
    int code;
  };
  requests_.start<Outcome>(
      [this](auto done) {
        return ask([done](const Status& status, int code) { done({status, code}); });
      },
      [shared](const Outcome& outcome) {
        if (outcome.code == 200) return shared->send(200, {}, {});
        if (!outcome.status.ok()) {
          return answer(*shared, Status::error(500, kSidecarId, outcome.status.detail()));
        }
        const std::string code = std::to_string(outcome.code);
        shared->send(outcome.code, {{"Content-Type", kJson}},
                     Status::error(outcome.code, kSidecarId, "Non 200 response: " + code).toWire());
      });
}

}  // namespace evmicro::gateway
