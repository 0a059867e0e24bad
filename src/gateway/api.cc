#include "gateway/api.h"

#include <algorithm>
#include <iostream>
#include <random>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "base/log.h"
#include "gateway/api_message.h"
#include "gateway/call_context.h"
#include "gateway/errors.h"
#include "gateway/json_request.h"
#include "gateway/look_ups.h"
#include "gateway/proxy.h"
#include "gateway/rpc_request.h"
#include "gateway/rpc_stream.h"
#include "json/writer.h"
#include "registry/method_kind.h"
#include "web/cors.h"

namespace evmicro::gateway {

namespace {

constexpr char kApiId[] = "go.micro.api";
constexpr char kRpcId[] = "go.micro.rpc";
constexpr char kClientId[] = "go.micro.client";

using SharedReply = std::shared_ptr<WebReply>;  // shared by the callbacks of one call

WebServerOptions webOptions(const ApiOptions& options) {
  WebServerOptions web;
  web.address = options.address;
  web.corsOrigins = options.corsOrigins;
  web.accessLog = [](const std::string& line) { std::cerr << line + "\n"; };
  web.errorPage = [](Page& page) { formatErrorPage(kApiId, page); };
  return web;
}

bool isPlainKnown(const Status& why, ErrorKind kind) {
  return why.kind() == kind && why.id() == kClientId;
}

// Without a reader for it a path of plain text: `{"id":"","code":0,"detail":T,"status":""}`.
std::string unsignedError(const std::string& text) {
  detail::JsonWriter writer(detail::JsonWriter::Style::kCompact);
  writer.beginObject();
  writer.member("id", "");
  writer.member("code", 0);
  writer.member("detail", text);
  writer.member("status", "");
  writer.endObject();
  return writer.take();
}

bool isStream(const Endpoint* endpoint) {
  return endpoint && detail::kindOf(*endpoint) == detail::MethodKind::kStream;
}

bool accepts(const WebRequest& request, std::string_view type) {
  return findField(request.headers, "Accept").value_or("").find(type) != std::string_view::npos;
}

}  // namespace

class ApiGateway::Impl {
 public:
  Impl(Service& service, ApiOptions options)
      : service_(service),
        options_(std::move(options)),
        web_(service.loop(), webOptions(options_)),
        lookUps_(service.serviceView()),
        streams_(service.loop(), service.client()),
        proxy_(service) {
    if (options_.rpc) {
      web_.handle("POST", "/rpc", [this](WebRequest request, WebReply reply) {
        serveRpc(request, std::move(reply));
      });
      web_.handle("", "/rpc", [](const WebRequest&, WebReply reply) {
        answer(reply, Status::error(405, kRpcId, "Method not allowed"), {{"Allow", "POST"}});
      });
    }
    web_.handle("", "/{path...}", [this](WebRequest request, WebReply reply) {
      serve(std::move(request), std::move(reply));
    });
  }

  Status start() { return web_.start(); }
  std::string address() const { return web_.address(); }

  void stop(std::chrono::milliseconds most) {
    web_.stop();
    bool late = false;
    Timer limit(service_.loop(), [&late] { late = true; });
    limit.start(most);
    static_cast<void>(
        service_.loop().runUntil([this, &late] { return late || web_.connections() == 0; }));
  }

 private:
  // --- /rpc

  Status refuseRpc(const WebRequest& request) const {
    const auto origin = findField(request.headers, "Origin");
    if (!origin || detail::isAllowedOrigin(options_.corsOrigins, *origin)) return {};
    return Status::error(403, kRpcId, "pages of " + std::string(*origin) + " may not call /rpc");
  }

  void serveRpc(const WebRequest& request, WebReply reply) {
    if (const Status refused = refuseRpc(request); !refused.ok()) return answer(reply, refused);
    Result<RpcRequest> rpc = readRpcRequest(request);
    if (!rpc.ok()) return answer(reply, rpc.status());
    const auto& allowed = options_.rpcServices;
    const bool mayCall =
        allowed.empty() || std::find(allowed.begin(), allowed.end(), rpc->service) != allowed.end();
    if (!mayCall) {
      return answer(reply, Status::error(403, kRpcId, "/rpc may not call " + rpc->service));
    }
    const Context context = callContext(request);
    const auto shared = std::make_shared<WebReply>(std::move(reply));
    if (rpc->address.empty() || options_.rpcAnyAddress) return callRpc(context, *rpc, shared);
    lookUps_.start(rpc->service, [this, context, rpc = *rpc, shared](const auto& known) {
      if (!known.ok()) return answer(*shared, Status(known.status()).withId(kClientId));
      const auto& nodes = (*known)->nodes;
      const bool isNode = std::any_of(nodes.begin(), nodes.end(), [&rpc](const auto& entry) {
        return entry.node->dialAddress() == rpc.address;
      });
      if (isNode) return callRpc(context, rpc, shared);
      answer(*shared, Status::error(403, kRpcId, rpc.address + " is not a node of " + rpc.service));
    });
  }

  void callRpc(const Context& context, const RpcRequest& rpc, const SharedReply& reply) {
    callJson(context, rpc.service, rpc.method, rpc.request, rpc.address, reply,
             [](Status why) { return describeRpcError(std::move(why)); });
  }

  static Status describeRpcError(Status why) {
    if (isPlainText(why)) {
      return Status::error(500, kRpcId, "error during request: " + why.detail());
    }
    if (isPlainKnown(why, ErrorKind::kUnavailable)) {
      return Status::error(500, kClientId, "Error sending request: " + why.detail());
    }
    return why;
  }

  template <typename Describe>
  void callJson(const Context& context, const std::string& service, const std::string& method,
                const JsonDocument& request, const std::string& address, const SharedReply& reply,
                Describe describe) {
    CallOptions options;
    options.contentType = kJson;
    options.address = address;
    const std::string id = requestIdOf(context);
    const Context own = context.child();
    reply->onGone([own = Context(own)]() mutable { own.cancel(); });
    service_.client().call<JsonDocument>(
        own, service, method, request,
        [reply, id, describe](const Result<JsonDocument>& result) {
          if (!result.ok())
            return answer(*reply, describe(result.status()), {{"X-Request-Id", id}});
          reply->send(200, {{"Content-Type", kJson}, {"X-Request-Id", id}}, result->text);
        },
        options);
  }

  // --- paths

  void serve(WebRequest request, WebReply reply) {
    if (options_.handler == "proxy") return serveProxy(std::move(request), std::move(reply));
    const Target target = resolve(options_.nameSpace, request.path);
    if (options_.handler == "rpc") return serveMethod(request, target, std::move(reply));
    serveApi(request, target, std::move(reply));
  }

  Status describe(Status why, const WebRequest& request, const Target& target) const {
    if (!isPlainKnown(why, ErrorKind::kNotFound)) return why;
    return Status::error(
        404, kClientId,
        "no service " + target.service + " (method " + target.method + ") for " + request.path);
  }

  void serveApi(const WebRequest& request, const Target& target, WebReply reply) {
    const Result<wire::Request> message = apiRequest(request);
    if (!message.ok()) return answer(reply, message.status());
    const Context context = callContext(request);
    const auto shared = std::make_shared<WebReply>(std::move(reply));
    shared->onGone([own = Context(context)]() mutable { own.cancel(); });
    service_.client().call<wire::Response>(
        context, target.service, target.method, *message,
        [this, shared, target, request,
         id = requestIdOf(context)](const Result<wire::Response>& result) {
          if (result.ok()) return answer(*shared, *result, id);
          const WebFields headers = {{"X-Request-Id", id}};
          const Status& why = result.status();
          if (!isPlainText(why)) return answer(*shared, describe(why, request, target), headers);
          shared->send(500, {{"Content-Type", kJson}, {"X-Request-Id", id}},
                       unsignedError(why.detail()));
        });
  }

  void serveMethod(const WebRequest& request, const Target& target, WebReply reply) {
    const auto shared = std::make_shared<WebReply>(std::move(reply));
    lookUps_.start(target.service, [this, request, target, shared](const auto& known) {
      if (!known.ok()) {
        const Status why = Status(known.status()).withId(kClientId);
        return answer(*shared, describe(why, request, target));
      }
      callMethod(request, target, detail::findEndpoint((**known).versions, target.method), shared);
    });
  }

  void callMethod(const WebRequest& request, const Target& target, const Endpoint* endpoint,
                  const SharedReply& reply) {
    const Result<JsonDocument> message = jsonRequest(request, endpoint);
    if (!message.ok()) return answer(*reply, message.status());
    const Context context = callContext(request);
    if (isStream(endpoint)) {
      using Format = RpcStreams::Format;
      const bool events = accepts(request, "text/event-stream");
      return streams_.start(context, target, *message, events ? Format::kEvents : Format::kLines,
                            std::move(*reply));
    }
    callJson(context, target.service, target.method, *message, {}, reply,
             [](const Status& why) { return why; });
  }

  void serveProxy(WebRequest request, WebReply reply) {
    const std::string_view path = std::string_view(request.path).substr(1);
    const std::string_view part = path.substr(0, path.find('/'));
    const auto isPlain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    if (part.empty() || !std::all_of(part.begin(), part.end(), isPlain)) {
      return answer(reply, Status::error(404, kApiId, "no service for the path " + request.path));
    }
    const std::string service = options_.nameSpace + "." + std::string(part);
    proxy_.pass(service, std::move(request), std::move(reply));
  }

  Service& service_;
  const ApiOptions options_;
  WebServer web_;
  LookUps lookUps_;
  RpcStreams streams_;
  Proxy proxy_;
};

ApiGateway::ApiGateway(Service& service, ApiOptions options)
    : impl_(std::make_unique<Impl>(service, std::move(options))) {}
ApiGateway::~ApiGateway() = default;

Status ApiGateway::start() { return impl_->start(); }
void ApiGateway::stop(std::chrono::milliseconds most) { impl_->stop(most); }
std::string ApiGateway::address() const { return impl_->address(); }

}  // namespace evmicro::gateway
