// go.micro.srv.place: places of one's own, and Google's search for places.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <evmicro/health.h>
#include <evmicro/log.h>
#include <evmicro/service.h>
#include <evmicro/timer.h>

#include "../go_environment.h"
#include "../sql/database.h"
#include "../sql/watched_database.h"
#include "../web-api/api_flags.h"
#include "../web-api/tolerant_json.h"
#include "../web-api/web_api.h"
#include "elastic_places.h"
#include "place.evmicro.h"
#include "places.h"
#include "sql_places.h"

namespace {

using evmicro::Status;

constexpr std::uint64_t kUsualLimit = 10;
constexpr std::uint64_t kMostLimit = 1'000;
constexpr std::size_t kMostIdBytes = 255;

Status error(int code, const char* id, std::string detail) {
  return Status::error(code, id, std::move(detail));
}

// Of a place, or of a request that has one.
template <typename Message>
bool onEarth(const Message& message) {
  return !message.has_location() ||
         web::onEarth(message.location().lat(), message.location().lng());
}

// What the store says is for the log, unless the caller can do something about it.
Status failed(const char* id, const Status& status) {
  if (status.code() == 429 || status.code() == 503)
    return error(status.code(), id, status.detail());
  evmicro::log("place", evmicro::LogLevel::kError, std::string(id) + ": " + status.detail());
  return error(500, id, "the store failed");
}

// The ids of errors are those of the Go service, which clients may know: two of them lack a letter.
class Locations final : public LocationAsyncHandler {
 public:
  explicit Locations(place::Places& places) : places_(places) {}

  void Create(evmicro::Context, CreateRequest request,
              evmicro::Reply<CreateResponse> reply) override {
    put(request.has_place() ? &request.place() : nullptr, "go.micro.sv.place.Location.Create",
        "go.micro.srv.place.Locate.Create", std::move(reply));
  }
  void Update(evmicro::Context, UpdateRequest request,
              evmicro::Reply<UpdateResponse> reply) override {
    put(request.has_place() ? &request.place() : nullptr, "go.micro.sv.place.Location.Update",
        "go.micro.srv.place.Locate.Update", std::move(reply));
  }

  void Read(evmicro::Context, ReadRequest request, evmicro::Reply<ReadResponse> reply) override {
    if (request.id().empty()) {
      return reply.fail(error(400, "go.micro.sv.place.Location.ead", "Id cannot be blank"));
    }
    constexpr const char* kId = "go.micro.srv.place.Locate.Read";
    const auto owed = std::make_shared<evmicro::Reply<ReadResponse>>(std::move(reply));
    places_.read(request.id(), [owed](const evmicro::Result<Place>& place) {
      if (place.status().code() == 404) return owed->fail(error(404, kId, "record not found"));
      if (!place.ok()) return owed->fail(failed(kId, place.status()));
      ReadResponse response;
      *response.mutable_place() = *place;
      owed->send(response);
    });
  }

  void Delete(evmicro::Context, DeleteRequest request,
              evmicro::Reply<DeleteResponse> reply) override {
    if (request.id().empty()) {
      return reply.fail(error(400, "go.micro.sv.place.Location.Delete", "Id cannot be blank"));
    }
    const auto owed = std::make_shared<evmicro::Reply<DeleteResponse>>(std::move(reply));
    places_.remove(request.id(), [owed](const Status& status) {
      if (status.ok()) return owed->send({});
      owed->fail(failed("go.micro.srv.place.Locate.Delete", status));
    });
  }

  void Search(evmicro::Context, SearchRequest request,
              evmicro::Reply<SearchResponse> reply) override {
    constexpr const char* kId = "go.micro.srv.place.Locate.Search";
    const std::uint64_t limit =
        request.limit() == 0 ? kUsualLimit : std::min<std::uint64_t>(request.limit(), kMostLimit);
    const auto owed = std::make_shared<evmicro::Reply<SearchResponse>>(std::move(reply));
    places_.search(request.query(), limit, request.offset(), [owed](const auto& found) {
      if (found.status().code() == 400) return owed->fail(error(400, kId, found.status().detail()));
      if (!found.ok()) return owed->fail(failed(kId, found.status()));
      SearchResponse response;
      for (const Place& place : *found) *response.add_places() = place;
      owed->send(response);
    });
  }

 private:
  template <typename Response>
  void put(const Place* given, const char* wrongId, const char* failedId,
           evmicro::Reply<Response> reply) {
    if (!given) return reply.fail(error(400, wrongId, "Place cannot be blank"));
    Place place = *given;
    if (place.id().empty()) place.set_id(web::randomHex(16));
    if (place.id().size() > kMostIdBytes) {
      return reply.fail(error(400, wrongId, "Id must not be longer than 255 bytes"));
    }
    if (!onEarth(place)) return reply.fail(error(400, wrongId, web::kNotOnEarth));
    const auto owed = std::make_shared<evmicro::Reply<Response>>(std::move(reply));
    places_.put(place, [owed, failedId](const Status& status) {
      if (status.ok()) return owed->send({});
      owed->fail(failed(failedId, status));
    });
  }

  place::Places& places_;
};

class GooglePlaces final : public GoogleAsyncHandler {
 public:
  GooglePlaces(web::WebApi& api, std::string key) : api_(api), key_(std::move(key)) {}

  void NearBySearch(evmicro::Context context, NearBySearchRequest request,
                    evmicro::Reply<NearBySearchResponse> reply) override {
    web::Parameters parameters = common(request);
    add(parameters, "rankby", request.rank_by());
    add(parameters, "keyword", request.keyword());
    add(parameters, "language", request.language());
    add(parameters, "name", request.name());
    add(parameters, "pagetoken", request.page_token());
    ask(context, "nearbysearch", request, parameters, "go.micro.srv.place.Google.Geocode",
        std::move(reply));
  }
  void TextSearch(evmicro::Context context, TextSearchRequest request,
                  evmicro::Reply<TextSearchResponse> reply) override {
    web::Parameters parameters = common(request);
    add(parameters, "query", request.query());
    add(parameters, "language", request.language());
    add(parameters, "pagetoken", request.page_token());
    ask(context, "textsearch", request, parameters, kReverse, std::move(reply));
  }
  void RadarSearch(evmicro::Context context, RadarSearchRequest request,
                   evmicro::Reply<RadarSearchResponse> reply) override {
    web::Parameters parameters = common(request);
    add(parameters, "keyword", request.keyword());
    add(parameters, "name", request.name());
    ask(context, "radarsearch", request, parameters, kReverse, std::move(reply));
  }

 private:
  // As the Go service has it.
  static constexpr const char* kReverse = "go.micro.srv.place.Google.ReverseGeocode";

  static void add(web::Parameters& parameters, const char* name, const std::string& value) {
    if (!value.empty()) parameters[name] = value;
  }
  template <typename Request>
  web::Parameters common(const Request& request) const {
    web::Parameters parameters;
    add(parameters, "key", key_);
    if (request.has_location()) {
      add(parameters, "location",
          web::pointText(request.location().lat(), request.location().lng()));
    }
    if (request.radius() > 0) add(parameters, "radius", std::to_string(request.radius()));
    if (request.has_price()) {
      add(parameters, "minprice", std::to_string(request.price().min_price()));
      add(parameters, "maxprice", std::to_string(request.price().max_price()));
    }
    if (request.open_now()) add(parameters, "opennow", "true");
    std::string types;
    for (const std::string& type : request.types()) types += (types.empty() ? "" : "|") + type;
    add(parameters, "types", types);
    if (request.zagat_selected()) parameters["zagatselected"] = "";
    return parameters;
  }

  template <typename Request, typename Response>
  void ask(const evmicro::Context& context, const std::string& search, const Request& request,
           const web::Parameters& parameters, const char* id, evmicro::Reply<Response> reply) {
    if (!onEarth(request)) return reply.fail(error(400, id, web::kNotOnEarth));
    const auto owed = std::make_shared<evmicro::Reply<Response>>(std::move(reply));
    api_.get(
        context, "/maps/api/place/" + search + "/json", parameters,
        [owed, id](const evmicro::Result<evmicro::HttpClientReply>& answer) {
          if (!answer.ok()) {
            return owed->fail(error(web::codeOf(answer.status()), id, answer.status().detail()));
          }
          Response response;
          if (!web::readTolerantly(answer->body, response)) {
            return owed->fail(error(500, id,
                                    "the API answered " + std::to_string(answer->status) +
                                        " with something that is not JSON"));
          }
          owed->send(response);
        });
  }

  web::WebApi& api_;
  const std::string key_;
};

// `a:9200, b:9200`
std::vector<std::string> partsOf(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) {
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

}  // namespace

int main(int argc, char** argv) {
  std::string file = "place.db";
  std::string hosts;
  std::string type = "_doc";
  std::string ca;
  web::ApiFlags apiFlags("google", "https://maps.googleapis.com");
  std::string key;
  evmicro::ServiceOptions options;
  options.name = "go.micro.srv.place";
  options.flags = apiFlags.with({
      {"database_file", "SQLite database of the places", &file},
      {"elasticsearch_hosts", "Keep the places in Elasticsearch: host:port, several with commas",
       &hosts},
      {"elasticsearch_ca", "CA certificates trusted for https:// hosts: a PEM file, or a folder",
       &ca},
      {"elasticsearch_type", "Type of the documents: _doc, or place for versions before 7", &type},
      {"google_api_key", "Sent as key", &key},
  });
  evmicro::Service service(options);
  service.init(argc, argv);
  const web::WebApi::Options apiOptions = apiFlags.optionsOrExit("place_srv");
  orFromEnvironment(key, "GOOGLE_API_KEY");
  orFromEnvironment(hosts, "ELASTICSEARCH_HOSTS");
  const evmicro::Health health(service.loop(), "database");
  std::unique_ptr<sql::Database> database;
  std::unique_ptr<sql::WatchedDatabase> watched;
  std::unique_ptr<place::Places> places;
  if (const auto addresses = partsOf(hosts); !addresses.empty()) {
    const auto tls = web::trustIn(ca);
    if (!tls.ok()) {
      std::cerr << "place_srv: --elasticsearch_ca: " << tls.status().detail() << '\n';
      return 2;
    }
    places = place::makeElasticPlaces(service.loop(), addresses, type, *tls);
  } else {
    auto opened = sql::openSqlite(service.loop(), file, place::SqlPlaces::schema());
    if (!opened.ok()) {
      std::cerr << "place_srv: " << opened.status().detail() << '\n';
      return 1;
    }
    database = std::move(*opened);
    watched = std::make_unique<sql::WatchedDatabase>(service.loop(), *database, health,
                                                     place::SqlPlaces::probe());
    places = std::make_unique<place::SqlPlaces>(*watched);
    service.server().require(health);
  }
  web::WebApi api(service.loop(), apiOptions);
  service.server().collect(api.collector());
  Locations locations(*places);
  GooglePlaces google(api, key);
  registerLocationHandler(service.server(), locations);
  registerGoogleHandler(service.server(), google);
  return service.run();
}
