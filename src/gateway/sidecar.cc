#include "gateway/sidecar.h"

#include <utility>

#include "base/log.h"
#include "gateway/broker_sockets.h"
#include "gateway/errors.h"
#include "gateway/method_calls.h"
#include "gateway/publish_endpoint.h"
#include "gateway/registry_endpoints.h"
#include "gateway/resolve.h"
#include "gateway/sidecar_id.h"

namespace evmicro::gateway {

class Sidecar::Impl {
 public:
  Impl(Service& service, SidecarOptions options)
      : service_(service),
        options_(std::move(options)),
        methods_(service, options_.corsOrigins),
        registry_(service.loop(), service.registry()),
        app_(service.loop(), service.registry(),
             SidecarApp::check(options_.app).ok() ? options_.app : AppOptions()),
        sockets_(service.loop(), service.broker(), options_.corsOrigins),
        web_(service, kSidecarId, options_) {
    registry_.addTo(web_);
    if (!options_.app.name.empty()) {
      web_.handleOwn("", "/health", [this](const WebRequest&, WebReply reply) {
        app_.serveHealth(std::move(reply));
      });
    }
    web_.handle("GET", "/broker", [this](const WebRequest& request, WebReply reply) {
      sockets_.serve(request, std::move(reply));
    });
    web_.handleOwn("POST", "/broker", [this](const WebRequest& request, WebReply reply) {
      servePublish(service_.broker(), request, std::move(reply));
    });
    web_.refuseOthers("/broker", "GET, HEAD, POST");
    web_.handleOwn("", "/{path...}", [this](const WebRequest& request, WebReply reply) {
      serveMethod(request, std::move(reply));
    });
  }

  Status start() {
    if (Status app = SidecarApp::check(options_.app); !app.ok()) return app;
    for (const char* const what : {"Health", "Registry", "Broker"}) {
      std::string path(what);
      path[0] = static_cast<char>(path[0] - 'A' + 'a');
      EVMICRO_LOG_INFO("gateway", "Registering " << what << " handler at /" << path);
    }
    if (Status status = web_.start(); !status.ok()) return status;
    app_.start();
    return {};
  }

  std::string address() const { return web_.address(); }

  Status reloadTls() { return web_.reloadTls(); }

  void stop(std::chrono::milliseconds most) {
    const auto deregistered = std::make_shared<bool>(false);  // it may be late
    app_.stop([deregistered] { *deregistered = true; });
    registry_.stop();
    sockets_.stop();
    web_.stop(most, [&deregistered] { return *deregistered; });
  }

 private:
  void serveMethod(const WebRequest& request, WebReply reply) {
    const Target target = resolve(options_.nameSpace, request.path);
    if (target.method.find('.') == std::string::npos) {
      return answer(reply, Status::error(404, kSidecarId, "404 page not found"));
    }
    if (request.method != "POST" && !asksForSocket(request)) {
      return answer(reply, Status::error(405, kSidecarId, "Method not allowed"),
                    {{"Allow", "POST"}});
    }
    methods_.serve(request, target, std::move(reply));
  }

  Service& service_;
  const SidecarOptions options_;
  MethodCalls methods_;
  RegistryEndpoints registry_;
  SidecarApp app_;
  BrokerSockets sockets_;
  GatewayWeb web_;  // last: its handlers use the others
};

Sidecar::Sidecar(Service& service, SidecarOptions options)
    : impl_(std::make_unique<Impl>(service, std::move(options))) {}
Sidecar::~Sidecar() = default;

Status Sidecar::start() { return impl_->start(); }
void Sidecar::stop(std::chrono::milliseconds most) { impl_->stop(most); }
std::string Sidecar::address() const { return impl_->address(); }
Status Sidecar::reloadTls() { return impl_->reloadTls(); }

}  // namespace evmicro::gateway
