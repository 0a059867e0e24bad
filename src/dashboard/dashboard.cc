#include "dashboard/dashboard.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <evmicro/compressed.h>
#include <evmicro/timer.h>
#include <evmicro/version.h>
#include <evmicro/web_server.h>

#include "dashboard/event_streams.h"
#include "dashboard/page_files.h"
#include "dashboard/registry_pages.h"
#include "dashboard/topics.h"
#include "dashboard/views.h"
#include "gateway/call_context.h"
#include "gateway/errors.h"
#include "gateway/proxy.h"
#include "gateway/rpc_endpoint.h"
#include "gateway/rpc_request.h"
#include "gateway/rpc_sockets.h"
#include "gateway/rpc_stream.h"
#include "http/head.h"
#include "json/writer.h"

namespace evmicro::dashboard {

namespace {

constexpr char kId[] = "go.micro.web";
constexpr std::size_t kMostPages = 256;  // that are live
constexpr std::chrono::milliseconds kCoalesce{200};
constexpr char kBasePath[] = "X-Micro-Web-Base-Path";

bool isPlain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

std::string parameter(const WebRequest& request, std::string_view name) {
  const WebFields query = parseForm(request.query).value_or(WebFields());
  return std::string(findField(query, name).value_or(""));
}

}  // namespace

class Dashboard::Impl {
 public:
  Impl(Service& service, DashboardOptions options)
      : service_(service),
        options_(std::move(options)),
        pages_(service.registry()),
        live_(service.loop(), kMostPages),
        topics_(service.loop(), service.broker()),
        streams_(service.loop(), service.client()),
        sockets_(std::in_place, service.loop(), service.client(), std::vector<std::string>()),
        proxy_(service, kId, options_.tunnelIdleTimeout),
        announce_(service.loop(),
                  [this] { live_.send("registry", std::to_string(catalog_->revision())); }),
        web_(service, kId, webOptions()) {
    addPageFiles(web_);
    addPages();
    addData();
    if (!options_.readOnly && options_.rpc) addActions();
    web_.handle("", "/_/{path...}", [](const WebRequest& request, WebReply reply) {
      gateway::answer(reply, Status::error(404, kId, "no such page: " + request.path));
    });
    web_.handleStreamed("", "/{service}/{path...}",
                        [this](WebRequest request, WebBody body, WebReply reply) {
                          forward(std::move(request), std::move(body), std::move(reply));
                        });
  }

  Status start() {
    Status status = web_.start();
    if (!status.ok()) return status;
    catalog_.emplace(service_.registry(), [this] {
      if (!announce_.running()) announce_.start(kCoalesce);  // many changes come together
    });
    scraper_.emplace(service_.loop(), *catalog_, options_.scraper,
                     [this] { live_.send("metrics", std::to_string(scraper_->rounds())); });
    scraper_->start();
    return {};
  }

  void stop(std::chrono::milliseconds most) {
    if (scraper_) scraper_->stop();
    topics_.stop();
    live_.end();
    sockets_.reset();
    web_.stop(most);
  }

  std::string address() const { return web_.address(); }
  Status reloadTls() {
    const Status proxy = proxy_.reloadTls();
    const Status own = web_.reloadTls();
    return own.ok() ? proxy : own;
  }

 private:
  using View = std::function<std::string(const WebRequest& request)>;

  gateway::GatewayOptions webOptions() {
    gateway::GatewayOptions web = options_;
    web.ownPages = true;
    web.rpc = options_.rpc && !options_.readOnly;
    web.stats = false;  // has a page of its own
    return web;
  }

  void page(const std::string& path, const std::string& title) {
    web_.handle("GET", path,
                [title](const WebRequest&, WebReply reply) { sendPage(200, title, reply); });
    web_.refuseOthers(path, "GET");  // or a web service of that name would be asked
  }

  void addPages() {
    page("/", "Micro Web");
    page("/cli", "CLI");
    page("/_/map", "Map");
    page("/_/topics", "Topics");
    web_.handle("GET", "/registry", compressed([this](const WebRequest& request, WebReply reply) {
                  pages_.serveRegistry(request, std::move(reply));
                }));
    web_.handle("GET", "/query", [this](const WebRequest& request, WebReply reply) {
      pages_.serveQuery(request, std::move(reply));
    });
    web_.handle("GET", "/favicon.ico", [](const WebRequest&, WebReply reply) {
      reply.send(200, {{"Content-Type", "image/x-icon"}}, {});
    });
    web_.refuseOthers("/registry", "GET");
    web_.refuseOthers("/query", "GET");
    if (!options_.stats) return;
    web_.refuseOthers("/stats", "GET");
    web_.handle("GET", "/stats", [this](const WebRequest& request, WebReply reply) {
      if (asksForJson(request)) return web_.stats().serve(request, std::move(reply));
      sendPage(200, "Micro Stats", reply);
    });
  }

  void data(const std::string& path, View view) {
    web_.handle("GET", path,
                compressed([view = std::move(view)](const WebRequest& request, WebReply reply) {
                  sendJson(reply, view(request));
                }));
  }

  void addData() {
    data("/_/data/services",
         [this](const WebRequest&) { return servicesView(*catalog_, *scraper_); });
    data("/_/data/service", [this](const WebRequest& request) {
      const std::string name = parameter(request, "name");
      scraper_->viewed(name);
      return serviceView(name, *catalog_, *scraper_);
    });
    data("/_/data/map", [this](const WebRequest&) { return mapView(*catalog_, *scraper_); });
    data("/_/data/topics", [this](const WebRequest&) {
      return topicsView(*catalog_, std::string(service_.broker().name()));
    });
    data("/_/data/about", [this](const WebRequest&) { return about(); });
    web_.handle("GET", "/_/live",
                [this](const WebRequest&, WebReply reply) { live_.add(std::move(reply)); });
    web_.handle("GET", "/_/topic", [this](const WebRequest& request, WebReply reply) {
      topics_.watch(parameter(request, "name"), std::move(reply));
    });
  }

  // What changes something, or calls services: not for pages of other sites.
  void addActions() {
    web_.handleOwn("POST", "/_/stream", [this](const WebRequest& request, WebReply reply) {
      stream(request, std::move(reply));
    });
    web_.handle("GET", "/_/socket", [this](const WebRequest& request, WebReply reply) {
      converse(request, std::move(reply));
    });
    web_.handleOwn("POST", "/_/publish", [this](const WebRequest& request, WebReply reply) {
      topics_.publish(request, std::move(reply));
    });
  }

  void stream(const WebRequest& request, WebReply reply) {
    const Result<gateway::RpcRequest> rpc = gateway::readRpcRequest(request);
    if (!rpc.ok()) return gateway::answer(reply, rpc.status());
    if (const Status refused = gateway::checkService(options_.rpcServices, rpc->service);
        !refused.ok()) {
      return gateway::answer(reply, refused);
    }
    streams_.start(gateway::callContext(request), {rpc->service, rpc->method}, rpc->request,
                   gateway::RpcStreams::Format::kLines, std::move(reply));
  }

  // A stream in both directions, for the dashboard's own pages: see RpcSockets.
  void converse(const WebRequest& request, WebReply reply) {
    const gateway::Target target{parameter(request, "service"), parameter(request, "method")};
    Status refused = gateway::checkService(options_.rpcServices, target.service);
    if (target.service.empty()) refused = Status::error(400, kId, "invalid service");
    if (target.method.empty()) refused = Status::error(400, kId, "invalid method");
    if (!sockets_) refused = Status::error(503, kId, "stopping");
    if (!refused.ok()) return gateway::answer(reply, refused);
    sockets_->start(request, target, {}, std::move(reply));
  }

  std::string about() const {
    detail::JsonWriter out(detail::JsonWriter::Style::kCompact);
    out.beginObject();
    out.member("namespace", options_.nameSpace);
    out.member("readOnly", options_.readOnly || !options_.rpc);
    out.member("stats", options_.stats);
    out.member("registry", service_.registry().name());
    out.member("registryAddress", service_.registry().address());
    out.member("broker", service_.broker().name());
    out.member("version", EVMICRO_VERSION);
    out.endObject();
    return out.take();
  }

  // To a web service, which sees the path that follows its name.
  void forward(WebRequest request, WebBody body, WebReply reply) {
    const std::string name = request.params.at("service");
    if (!isPlain(name)) {
      return gateway::answer(reply, Status::error(404, kId, "no such page: " + request.path));
    }
    const detail::HttpTarget target = detail::splitHttpTarget(request.target);
    // As it was sent: the name may have been encoded.
    const std::size_t slash = target.path.find('/', 1);
    std::string rest(slash == std::string_view::npos ? "/" : target.path.substr(slash));
    if (!target.query.empty()) rest.append("?").append(target.query);
    gateway::ForwardOptions changed;
    changed.target = std::move(rest);
    changed.headers = {{kBasePath, "/" + name}};
    proxy_.pass(options_.nameSpace + "." + name, std::move(request), std::move(body),
                std::move(reply), std::move(changed));
  }

  Service& service_;
  const DashboardOptions options_;
  RegistryPages pages_;
  EventStreams live_;
  Topics topics_;
  gateway::RpcStreams streams_;
  std::optional<gateway::RpcSockets> sockets_;  // until stop()
  gateway::Proxy proxy_;
  std::optional<Catalog> catalog_;
  std::optional<Scraper> scraper_;
  Timer announce_;
  gateway::GatewayWeb web_;  // last: its handlers use the others
};

Dashboard::Dashboard(Service& service, DashboardOptions options)
    : impl_(std::make_unique<Impl>(service, std::move(options))) {}
Dashboard::~Dashboard() = default;

Status Dashboard::start() { return impl_->start(); }
void Dashboard::stop(std::chrono::milliseconds most) { impl_->stop(most); }
std::string Dashboard::address() const { return impl_->address(); }
Status Dashboard::reloadTls() { return impl_->reloadTls(); }

}  // namespace evmicro::dashboard
