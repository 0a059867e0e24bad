// go.micro.api.geo: what stands behind `evmicro api` for /geo/location/...; asks go.micro.srv.geo.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <evmicro/service.h>

#include "geo_json.h"
#include "go_api.pb.h"
#include "location.evmicro.h"

namespace api = go::micro::api;

namespace {

constexpr const char* kTopic = "geo.location";
constexpr const char* kName = "go.micro.api.geo";

// The first value, of the form or else of the query; empty: there is none.
std::string parameter(const api::Request& request, const std::string& name) {
  for (const auto* from : {&request.post(), &request.get()}) {
    const auto found = from->find(name);
    if (found != from->end() && found->second.values_size() > 0) return found->second.values(0);
  }
  return {};
}

template <typename Number>
std::optional<Number> numberFrom(const std::string& text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

evmicro::Status error(int code, const char* method, const char* detail) {
  return evmicro::Status::error(code, std::string(kName) + "." + method, detail);
}

using Owed = std::shared_ptr<evmicro::Reply<api::Response>>;

void answer(evmicro::Reply<api::Response>& reply, std::string json) {
  api::Response response;
  response.set_statuscode(200);
  response.set_body(std::move(json));
  reply.send(response);
}

// The methods of handler Location.
class Location {
 public:
  explicit Location(evmicro::Service& service)
      : service_(service), locations_("go.micro.srv.geo", service.client()) {
    add("Save", &Location::save);
    add("Read", &Location::read);
    add("Search", &Location::search);
  }

 private:
  using Method = evmicro::Status (Location::*)(const evmicro::Context&, const api::Request&, Owed);

  // An error that a method returns is the answer.
  void add(const char* name, Method method) {
    service_.server().handle<api::Request, api::Response>(
        std::string("Location.") + name,
        [this, method](const evmicro::Context& context, const api::Request& request,
                       evmicro::Reply<api::Response> reply) {
          const auto owed = std::make_shared<evmicro::Reply<api::Response>>(std::move(reply));
          evmicro::Status status = (this->*method)(context, request, owed);
          if (!status.ok()) owed->fail(std::move(status));
        });
  }

  // Every instance of geo-srv hears of it.
  evmicro::Status save(const evmicro::Context& context, const api::Request& request, Owed owed) {
    Entity entity;
    entity.set_id(parameter(request, "id"));
    entity.set_type(parameter(request, "type"));
    const auto point = geo::pointFrom(parameter(request, "location"));
    // The id is the one that clients know.
    if (!point || !geo::onEarth(*point)) return error(400, "search", "invalid location");
    if (entity.id().empty()) return error(400, "save", "ID cannot be blank");
    *entity.mutable_location() = *point;
    entity.mutable_location()->set_timestamp(
        numberFrom<std::int64_t>(parameter(request, "timestamp")).value_or(0));
    service_.client().publish(context, kTopic, entity, [owed](const evmicro::Status& published) {
      if (published.ok()) return answer(*owed, "{}");
      owed->fail(error(500, "save", published.detail().c_str()));
    });
    return {};
  }

  evmicro::Status read(const evmicro::Context& context, const api::Request& request, Owed owed) {
    ReadRequest read;
    read.set_id(parameter(request, "id"));
    if (read.id().empty()) return error(400, "read", "Require Id");
    locations_.Read(context, read, [owed](const evmicro::Result<ReadResponse>& found) {
      if (found.ok()) return answer(*owed, geo::toJson(found->entity()));
      owed->fail(passedOn(found.status(), "read", "failed to read location"));
    });
    return {};
  }

  evmicro::Status search(const evmicro::Context& context, const api::Request& request, Owed owed) {
    SearchRequest search;
    const auto center = geo::pointFrom(parameter(request, "center"));
    if (!center || !geo::onEarth(*center)) return error(400, "search", "invalid center point");
    *search.mutable_center() = *center;
    search.set_type(parameter(request, "type"));
    if (search.type().empty()) return error(400, "search", "type cannot be blank");
    search.set_radius(numberFrom<double>(parameter(request, "radius")).value_or(0));
    search.set_numentities(
        numberFrom<std::int64_t>(parameter(request, "num_entities")).value_or(0));
    if (search.numentities() <= 0) {
      return error(400, "search", "num_entities must be greater than 0");
    }
    locations_.Search(context, search, [owed](const evmicro::Result<SearchResponse>& found) {
      if (!found.ok()) {
        return owed->fail(passedOn(found.status(), "search", "could not retrieve results"));
      }
      std::string json = "[";
      for (const Entity& entity : found->entities()) {
        json += (json.size() > 1 ? "," : "") + geo::toJson(entity);
      }
      answer(*owed, json + "]");
    });
    return {};
  }

  // What the caller did wrong is said as the service said it; the rest is none of his business.
  static evmicro::Status passedOn(const evmicro::Status& status, const char* method,
                                  const char* otherwise) {
    const bool callers = status.kind() == evmicro::ErrorKind::kRemote && status.code() < 500;
    if (callers) return error(status.code(), method, status.detail().c_str());
    return error(500, method, otherwise);
  }

  evmicro::Service& service_;
  const LocationClient locations_;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  evmicro::ServiceOptions options;
  options.name = kName;
  options.server.registerTtl = 60s;
  options.server.registerInterval = 30s;
  evmicro::Service service(options);
  service.init(argc, argv);
  const Location location(service);
  return service.run();
}
