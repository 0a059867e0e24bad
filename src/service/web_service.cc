#include <evmicro/web_service.h>

#include <csignal>
#include <iostream>
#include <set>
#include <utility>

#include <unistd.h>

#include <evmicro/check_service.h>
#include <evmicro/event_loop.h>
#include <evmicro/service.h>
#include <evmicro/timer.h>

#include "base/hidden.h"
#include "base/log.h"
#include "base/uuid.h"
#include "registry/advertise.h"
#include "registry/registrar.h"

namespace evmicro {

namespace {

WebServerOptions withAddress(WebServerOptions web, const ServerOptions& server) {
  web.address = server.address;
  web.limits = server.limits;
  web.limits.tls = server.tls;
  return web;
}

}  // namespace

class EVMICRO_HIDDEN WebService::Impl {
 public:
  Impl(Service& service, WebServerOptions web)
      : service_(service),
        options_(service.options()),
        id_(options_.server.id.empty() ? detail::makeUuid() : options_.server.id),
        web_(service.loop(), withAddress(std::move(web), options_.server)),
        registrar_(service.loop(), service.registry(),
                   {options_.server.registerTtl, options_.server.registerInterval}),
        timer_(service.loop(), [this] { draining_ ? finish() : drain(); }) {
    // From here on the signals are not the service's.
    static_cast<void>(service.client());
  }

  void handle(std::string method, std::string pattern, WebServer::Handler handler) {
    patterns_.insert(pattern);
    web_.handle(std::move(method), std::move(pattern), std::move(handler));
  }

  Status start() {
    if (Status status = web_.start(); !status.ok()) return status;
    const auto reached =
        detail::advertisedAddress(web_.address(), options_.server.advertise,
                                  service_.registry().address(), "--server_advertise");
    Status status = reached.ok() ? Status() : reached.status();
    if (status.ok()) {
      info_ = describe(*reached);
      status = checkAnnouncement(info_);
    }
    if (!status.ok()) {
      web_.stop();
      return status;
    }
    EVMICRO_LOG_INFO("web", "Listening on " << web_.address());
    registrar_.start(info_, nullptr);
    return {};
  }

  void stop(std::function<void()> stopped) {
    stopped_ = std::move(stopped);
    registrar_.stop([this] { timer_.start(options_.server.grace); });
    if (const auto onStop = std::exchange(onStop_, nullptr)) onStop();
  }

  void onStop(std::function<void()> onStop) { onStop_ = std::move(onStop); }

  int run() {
    EventLoop& loop = service_.loop();
    bool told = false;
    const auto onSignal = [this, &told, &loop] {
      if (std::exchange(told, true)) ::_exit(1);
      stop([&loop] { loop.stop(); });
    };
    const auto interrupted = loop.onSignal(SIGINT, onSignal);
    const auto terminated = loop.onSignal(SIGTERM, onSignal);
    Status status =
        interrupted.ok() ? terminated.ok() ? start() : terminated.status() : interrupted.status();
    if (status.ok()) status = loop.run();
    if (status.ok()) return 0;
    std::cerr << status.toString() << std::endl;
    return 1;
  }

  std::string address() const { return web_.address(); }

 private:
  ServiceInfo describe(const detail::AdvertisedAddress& reached) const {
    ServiceInfo info;
    info.name = options_.name;
    info.version = options_.version;
    for (const std::string& pattern : patterns_) info.endpoints.push_back({pattern, {}, {}, {}});
    Node node{options_.name + "-" + id_, reached.host, static_cast<std::uint16_t>(reached.port),
              options_.metadata};
    node.metadata["server"] = "http";
    node.metadata["registry"] = service_.registry().name();
    if (!options_.server.tls.certificate.empty()) node.metadata["secure"] = "true";
    info.nodes.push_back(std::move(node));
    return info;
  }

  // After the grace period.
  void drain() {
    draining_ = true;
    timer_.start(options_.server.drain);
    web_.stop([this] { finish(); });
  }

  // All is answered, or the drain time has passed.
  void finish() {
    timer_.stop();
    if (const auto stopped = std::exchange(stopped_, nullptr)) stopped();  // may destroy this
  }

  Service& service_;
  const ServiceOptions& options_;
  const std::string id_;
  std::set<std::string> patterns_;
  ServiceInfo info_;
  std::function<void()> onStop_;
  std::function<void()> stopped_;
  bool draining_ = false;
  WebServer web_;
  detail::Registrar registrar_;
  Timer timer_;
};

WebService::WebService(Service& service, WebServerOptions web)
    : impl_(std::make_unique<Impl>(service, std::move(web))) {}
WebService::~WebService() = default;

void WebService::handle(std::string method, std::string pattern, WebServer::Handler handler) {
  impl_->handle(std::move(method), std::move(pattern), std::move(handler));
}

void WebService::onStop(std::function<void()> onStop) { impl_->onStop(std::move(onStop)); }
Status WebService::start() { return impl_->start(); }
void WebService::stop(std::function<void()> stopped) { impl_->stop(std::move(stopped)); }
int WebService::run() { return impl_->run(); }
std::string WebService::address() const { return impl_->address(); }

}  // namespace evmicro
