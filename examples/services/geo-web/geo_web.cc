// go.micro.web.geo: a map on which things are seen to move, for browsers and `evmicro web`.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/util/json_util.h>

#include <evmicro/broker.h>
#include <evmicro/compressed.h>
#include <evmicro/service.h>
#include <evmicro/web_files.h>
#include <evmicro/web_service.h>

#include "../geo-api/geo_json.h"
#include "pages.h"
#include "runners.h"
#include "watchers.h"

namespace {

using evmicro::WebFields;
using evmicro::WebReply;
using evmicro::WebRequest;

constexpr const char* kTopic = "geo.location";
constexpr const char* kUsualType = "runner";
constexpr double kUsualRadius = 1'500;  // metres
constexpr int kUsualCount = 100;
constexpr std::string_view kBase = "{{base}}";

WebFields securityHeaders() {
  return {{"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
           "'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"}};
}

std::optional<double> numberFrom(std::string_view text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(number) ? std::optional<double>(number) : std::nullopt;
}

// `lat`, `lon` and, if they are there, `radius` and `type`, of a query or a form.
std::optional<geo::Area> areaFrom(const WebRequest& request) {
  const auto fields = evmicro::parseForm(request.method == "POST" ? request.body : request.query);
  if (!fields) return std::nullopt;
  const auto number = [&](const char* name, std::optional<double> otherwise) {
    const auto text = evmicro::findField(*fields, name);
    return text ? numberFrom(*text) : otherwise;
  };
  const auto latitude = number("lat", std::nullopt);
  const auto longitude = number("lon", std::nullopt);
  const auto radius = number("radius", kUsualRadius);
  if (!latitude || !longitude || !radius) return std::nullopt;
  geo::Area area{{*latitude, *longitude}, *radius, {}};
  area.type = evmicro::findField(*fields, "type").value_or(kUsualType);
  return geo::valid(area.center) && area.radius >= 0 ? std::optional<geo::Area>(area)
                                                     : std::nullopt;
}

void sendJson(WebReply& reply, int status, const std::string& json) {
  WebFields headers = securityHeaders();
  headers.emplace_back("Content-Type", "application/json");
  headers.emplace_back("Cache-Control", "no-store");
  reply.send(status, headers, json);
}

void sendError(WebReply& reply, int code, const std::string& detail) {
  sendJson(reply, code, evmicro::Status::error(code, "go.micro.web.geo", detail).toWire());
}

// What the paths in the page are relative to: behind `evmicro web` it is not the root.
std::string basePath(const WebRequest& request) {
  const std::string path(evmicro::findField(request.headers, "X-Micro-Web-Base-Path").value_or(""));
  const bool plain = std::all_of(path.begin(), path.end(), [](char c) {
    return c == '/' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
  return plain && path.rfind("//", 0) != 0 && path.rfind('/', 0) == 0 ? path + "/" : "/";
}

// The page, and what its script asks for.
class Pages {
 public:
  Pages(const LocationClient& locations, geo::Watchers& watchers)
      : locations_(locations), watchers_(watchers) {}

  void moved(const Entity& entity) {
    ++moves_;
    watchers_.moved(entity);
  }
  void addTo(evmicro::WebService& web) {
    std::vector<evmicro::WebAsset> files = geo::assets();
    const auto index = std::find_if(files.begin(), files.end(), [](const evmicro::WebAsset& file) {
      return file.path == "index.html";
    });
    page_ = index->bytes;
    files.erase(index);
    evmicro::WebFilesOptions options;
    options.headers = securityHeaders();
    web.handle("GET", "/",
               [this](const WebRequest& request, WebReply reply) { sendPage(request, reply); });
    web.handle("GET", "/{path...}", evmicro::serveAssets(std::move(files), std::move(options)));
    const auto objects = [this](const WebRequest& request, WebReply reply) {
      sendObjects(request, std::move(reply));
    };
    web.handle("GET", "/objects", objects);
    web.handle("POST", "/objects", objects);
    web.handle("GET", "/metrics", [this](const WebRequest&, WebReply reply) {
      reply.send(200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, metrics());
    });
    web.handle("GET", "/events", [this](const WebRequest& request, WebReply reply) {
      const auto area = areaFrom(request);
      if (!area) return sendError(reply, 400, "lat and lon must be degrees, radius metres");
      watchers_.add(*area, std::move(reply));
    });
  }

 private:
  // A WebService has no such page of its own.
  std::string metrics() const {
    return "# HELP geo_web_pages Pages that are open.\n# TYPE geo_web_pages gauge\ngeo_web_pages " +
           std::to_string(watchers_.pages()) +
           "\n# HELP geo_web_moves_total Moves that have been published.\n"
           "# TYPE geo_web_moves_total counter\ngeo_web_moves_total " +
           std::to_string(moves_) + "\n";
  }
  void sendPage(const WebRequest& request, WebReply& reply) const {
    std::string page(page_);
    page.replace(page.find(kBase), kBase.size(), basePath(request));
    WebFields headers = securityHeaders();
    headers.emplace_back("Content-Type", "text/html; charset=utf-8");
    headers.emplace_back("Cache-Control", "no-cache");
    reply.send(200, headers, page);
  }

  void sendObjects(const WebRequest& request, WebReply reply) const {
    const auto area = areaFrom(request);
    if (!area) return sendError(reply, 400, "lat and lon must be degrees, radius metres");
    SearchRequest search;
    search.mutable_center()->set_latitude(area->center.latitude);
    search.mutable_center()->set_longitude(area->center.longitude);
    search.set_radius(area->radius);
    search.set_type(area->type);
    search.set_numentities(kUsualCount);
    const auto owed = std::make_shared<WebReply>(std::move(reply));
    locations_.Search(evmicro::Context(), search,
                      [owed](const evmicro::Result<SearchResponse>& found) {
                        if (!found.ok()) return sendError(*owed, 500, found.status().detail());
                        std::string json;
                        for (const Entity& entity : found->entities()) {
                          json += (json.empty() ? "" : ",") + geo::toJson(entity);
                        }
                        sendJson(*owed, 200, "[" + json + "]");
                      });
  }

  const LocationClient& locations_;
  geo::Watchers& watchers_;
  std::string_view page_;
  std::uint64_t moves_ = 0;
};

// A message of the topic, as services write it: protobuf, or JSON.
bool read(const evmicro::BrokerMessage& message, Entity& entity) {
  const auto type = message.header.find("Content-Type");
  if (type != message.header.end() && type->second.rfind("application/json", 0) == 0) {
    return google::protobuf::util::JsonStringToMessage(message.body, &entity).ok();
  }
  return entity.ParseFromString(message.body);
}

}  // namespace

int main(int argc, char** argv) {
  int runners = 20;
  int step = 1'000;
  int mostPages = 1'000;
  evmicro::ServiceOptions options;
  options.name = "go.micro.web.geo";
  options.server.registerTtl = std::chrono::seconds(60);
  options.server.registerInterval = std::chrono::seconds(30);
  options.flags = {{"runners", "Runners that move by themselves, for a demonstration", &runners},
                   {"runner_step", "Milliseconds between two steps of theirs", &step},
                   {"max_pages", "Pages that may be open; others get a 503", &mostPages}};
  evmicro::Service service(options);
  service.init(argc, argv);

  const LocationClient locations("go.micro.srv.geo", service.client());
  geo::Watchers watchers(service.loop(), locations,
                         static_cast<std::size_t>(std::max(mostPages, 0)));
  Pages pages(locations, watchers);
  evmicro::WebService web(service);
  pages.addTo(web);

  auto subscription = service.broker().subscribe(
      kTopic, [&](std::string_view, const evmicro::BrokerMessage& message) {
        Entity entity;
        if (read(message, entity)) pages.moved(entity);
      });
  if (!subscription.ok()) {
    std::cerr << "geo_web: " << subscription.status().toString() << '\n';
    return 1;
  }
  web.onStop([&] {
    watchers.end();
    subscription = evmicro::Subscription();
  });
  const geo::Runners running(service.loop(), locations,
                             static_cast<std::size_t>(std::clamp(runners, 0, 10'000)),
                             std::chrono::milliseconds(std::clamp(step, 10, 3'600'000)));
  return web.run();
}
