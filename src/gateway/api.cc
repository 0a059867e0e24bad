#include "gateway/api.h"

#include <algorithm>
#include <utility>

#include <evmicro/compressed.h>

#include "base/log.h"
#include "gateway/api_message.h"
#include "gateway/call_context.h"
#include "gateway/catalogue.h"
#include "gateway/errors.h"
#include "gateway/method_calls.h"
#include "gateway/open_api.h"
#include "gateway/proxy.h"
#include "gateway/resolve.h"
#include "gateway/rest_routes.h"
#include "http/head.h"
#include "json/writer.h"

namespace evmicro::gateway {

namespace {

constexpr char kApiId[] = "go.micro.api";

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

}  // namespace

class ApiGateway::Impl {
 public:
  Impl(Service& service, ApiOptions options)
      : service_(service),
        options_(std::move(options)),
        methods_(service, options_.corsOrigins),
        proxy_(service, kApiId, options_.tunnelIdleTimeout),
        catalogue_(service.registry(), options_.nameSpace,
                   [this] { rest_.set(catalogue_.services()); }),
        web_(service, kApiId, options_) {
    web_.handle("GET", "/openapi.json", compressed([this](const WebRequest&, WebReply reply) {
                  reply.send(200, {{"Content-Type", kJson}, {"Cache-Control", "no-cache"}},
                             openApi(options_.nameSpace, catalogue_.services()));
                }));
    if (options_.handler == "proxy") {
      web_.handleStreamed("", "/{path...}",
                          [this](WebRequest request, WebBody body, WebReply reply) {
                            serveProxy(std::move(request), std::move(body), std::move(reply));
                          });
      return;
    }
    web_.handle("", "/{path...}", [this](const WebRequest& request, WebReply reply) {
      serve(request, std::move(reply));
    });
  }

  Status start() {
    const bool proxies = options_.handler == "proxy";
    EVMICRO_LOG_INFO("gateway", "Registering API " << (proxies ? "Proxy Handler at "
                                                                 "/{service:[a-zA-Z0-9]+}"
                                                               : "Handler at /"));
    return web_.start();
  }
  std::string address() const { return web_.address(); }
  Status reloadTls() {
    const Status proxy = proxy_.reloadTls();
    const Status own = web_.reloadTls();
    return own.ok() ? proxy : own;
  }

  void stop(std::chrono::milliseconds most) { web_.stop(most); }

 private:
  void serve(const WebRequest& request, WebReply reply) {
    const Target target = resolve(options_.nameSpace, request.path);
    if (options_.handler == "rpc") return serveMethod(request, target, std::move(reply));
    serveApi(request, target, std::move(reply));
  }

  // By the annotations of methods, or by service and method in the path.
  void serveMethod(const WebRequest& request, const Target& target, WebReply reply) {
    if (const auto match =
            rest_.find(request.method, detail::splitHttpTarget(request.target).path)) {
      return methods_.serve(request, match->target, std::move(reply), match->binding);
    }
    methods_.serve(request, target, std::move(reply));
  }

  void serveApi(const WebRequest& request, const Target& target, WebReply reply) {
    const Result<wire::Request> message = apiRequest(request);
    if (!message.ok()) return answer(reply, message.status());
    const Context context = callContext(request);
    const auto shared = std::make_shared<WebReply>(std::move(reply));
    shared->onGone([own = Context(context)]() mutable { own.cancel(); });
    service_.client().call<wire::Response>(
        context, target.service, target.method, *message,
        [shared, target, request, id = requestIdOf(context)](const Result<wire::Response>& result) {
          if (result.ok()) return answer(*shared, *result, id);
          const WebFields headers = {{"X-Request-Id", id}};
          const Status& why = result.status();
          if (!isPlainText(why))
            return answer(*shared, describeTarget(why, request, target), headers);
          shared->send(500, {{"Content-Type", kJson}, {"X-Request-Id", id}},
                       unsignedError(why.detail()));
        });
  }

  void serveProxy(WebRequest request, WebBody body, WebReply reply) {
    const std::string_view path = std::string_view(request.path).substr(1);
    const std::string_view part = path.substr(0, path.find('/'));
    const auto isPlain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    if (part.empty() || !std::all_of(part.begin(), part.end(), isPlain)) {
      return answer(reply, Status::error(404, kApiId, "no service for the path " + request.path));
    }
    const std::string service = options_.nameSpace + "." + std::string(part);
    proxy_.pass(service, std::move(request), std::move(body), std::move(reply));
  }

  Service& service_;
  const ApiOptions options_;
  MethodCalls methods_;
  Proxy proxy_;
  RestRoutes rest_;
  Catalogue catalogue_;
  GatewayWeb web_;  // last: its handlers use the others
};

ApiGateway::ApiGateway(Service& service, ApiOptions options)
    : impl_(std::make_unique<Impl>(service, std::move(options))) {}
ApiGateway::~ApiGateway() = default;

Status ApiGateway::start() { return impl_->start(); }
void ApiGateway::stop(std::chrono::milliseconds most) { impl_->stop(most); }
Status ApiGateway::reloadTls() { return impl_->reloadTls(); }
std::string ApiGateway::address() const { return impl_->address(); }

}  // namespace evmicro::gateway
