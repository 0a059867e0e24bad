#include "gateway/gateway_web.h"

#include <iostream>
#include <memory>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "base/log.h"
#include "gateway/allowed_hosts.h"
#include "gateway/call_context.h"
#include "gateway/errors.h"

namespace evmicro::gateway {

namespace {

WebServerOptions webOptions(const std::string& id, const GatewayOptions& options,
                            GatewayStats& stats) {
  WebServerOptions web;
  web.address = options.address;
  web.limits = options.limits;
  web.limits.tls = options.tls;
  web.corsOrigins = options.corsOrigins;
  web.accessLog = [](const std::string& line) { std::cerr << line + "\n"; };
  web.onReplied = [&stats](int status) { stats.count(status); };
  web.errorPage = [id](Page& page) { formatErrorPage(id, page); };
  return web;
}

}  // namespace

GatewayWeb::GatewayWeb(Service& service, std::string id, GatewayOptions options)
    : loop_(service.loop()),
      id_(std::move(id)),
      options_(std::move(options)),
      rpc_(service, {options_.rpcServices,
                     options_.rpcAnyAddress,
                     {options_.corsOrigins, options_.ownPages}}),
      admission_(service.loop(), id_, options_.admission),
      stats_(service.loop()),
      web_(service.loop(), webOptions(id_, options_, stats_)) {
  service.server().collect(lifetime_.guard([this](Metrics& metrics) { collect(metrics); }));
  if (options_.rpc) {
    handle("POST", "/rpc", [this](const WebRequest& request, WebReply reply) {
      rpc_.serve(request, std::move(reply));
    });
    handle("", "/rpc",
           [](const WebRequest&, WebReply reply) { RpcEndpoint::refuse(std::move(reply)); });
  }
  if (options_.stats) {
    handle("GET", "/stats", [this](const WebRequest& request, WebReply reply) {
      stats_.serve(request, std::move(reply));
    });
  }
}

Status GatewayWeb::start() {
  const Status admission = admission_.open();
  if (!admission.ok()) return admission;
  if (options_.rpc) EVMICRO_LOG_INFO("gateway", "Registering RPC Handler at /rpc");
  return web_.start();
}

void GatewayWeb::handle(std::string method, std::string pattern, WebServer::Handler handler) {
  web_.handle(std::move(method), std::move(pattern),
              [this, handler = std::move(handler)](WebRequest request, WebReply reply) {
                admit(std::move(request), std::move(reply), handler);
              });
}

void GatewayWeb::handleStreamed(std::string method, std::string pattern,
                                WebServer::StreamHandler handler) {
  web_.handleStreamed(
      std::move(method), std::move(pattern),
      [this, handler = std::move(handler)](WebRequest request, WebBody body, WebReply reply) {
        const auto shared = std::make_shared<WebBody>(std::move(body));
        admit(std::move(request), std::move(reply),
              [handler, shared](WebRequest admitted, WebReply owed) {
                handler(std::move(admitted), std::move(*shared), std::move(owed));
              });
      });
}

void GatewayWeb::admit(WebRequest request, WebReply reply, const WebServer::Handler& handler) {
  Status refused = checkHost(request, options_.allowedHosts, id_);
  if (refused.ok()) refused = checkTimeout(request, id_);
  if (!refused.ok()) return answer(reply, refused);
  admission_.pass(std::move(request), std::move(reply), handler);
}

void GatewayWeb::collect(Metrics& metrics) const {
  stats_.collect(metrics);
  metrics.gauge("evmicro_gateway_connections", "Open HTTP connections.",
                static_cast<double>(web_.connections()));
}

void GatewayWeb::handleOwn(std::string method, std::string pattern, WebServer::Handler handler) {
  handle(
      std::move(method), std::move(pattern),
      [this, handler = std::move(handler)](WebRequest request, WebReply reply) {
        const Status refused = checkOrigin(request, {options_.corsOrigins, options_.ownPages}, id_);
        if (!refused.ok()) return answer(reply, refused);
        handler(std::move(request), std::move(reply));
      });
}

void GatewayWeb::refuseOthers(std::string path, std::string allowed) {
  web_.handle("", std::move(path),
              [this, allowed = std::move(allowed)](const WebRequest&, WebReply reply) {
                answer(reply, Status::error(405, id_, "Method not allowed"), {{"Allow", allowed}});
              });
}

void GatewayWeb::stop(std::chrono::milliseconds most, const std::function<bool()>& alsoDone) {
  web_.stop();
  bool late = false;
  Timer limit(loop_, [&late] { late = true; });
  limit.start(most);
  static_cast<void>(loop_.runUntil(
      [&] { return late || (web_.connections() == 0 && (!alsoDone || alsoDone())); }));
}

}  // namespace evmicro::gateway
