// go.micro.srv.geocode: addresses and coordinates, by Google's geocoding API.
#include <map>
#include <memory>
#include <string>

#include <jansson.h>

#include <evmicro/service.h>

#include "../go_environment.h"
#include "../web-api/api_flags.h"
#include "../web-api/tolerant_json.h"
#include "../web-api/web_api.h"
#include "google.evmicro.h"

namespace {

constexpr const char* kPath = "/maps/api/geocode/json";

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "|") + text;
  return all;
}

bool onEarth(const Point& point) { return web::onEarth(point.lat(), point.lng()); }

std::string text(const Point& point) { return web::pointText(point.lat(), point.lng()); }

// Members that Google has in the result, and the protocol in its geometry.
struct Moved {
  explicit Moved(const std::string& json) : whole(web::parseTolerantly(json)) {}

  template <typename Response>
  void copyTo(Response& response) const {
    int read = 0;  // of the results: what is no object has been left out
    std::size_t place = 0;
    json_t* result = nullptr;
    json_array_foreach(json_object_get(whole.get(), "results"), place, result) {
      if (!json_is_object(result) || read == response.results_size()) continue;
      Geometry& geometry = *response.mutable_results(read++)->mutable_geometry();
      if (const char* id = json_string_value(json_object_get(result, "place_id"))) {
        geometry.set_place_id(id);
      }
      geometry.set_partial_match(json_is_true(json_object_get(result, "partial_match")));
      std::size_t index = 0;
      json_t* type = nullptr;
      json_array_foreach(json_object_get(result, "types"), index, type) {
        if (const char* name = json_string_value(type)) geometry.add_types(name);
      }
    }
  }

  const web::Json whole;
};

class Geocoder final : public GoogleAsyncHandler {
 public:
  Geocoder(std::string name, web::WebApi& api, web::Parameters credentials)
      : name_(std::move(name)), api_(api), credentials_(std::move(credentials)) {}

  void Geocode(evmicro::Context context, GeocodeRequest request,
               evmicro::Reply<GeocodeResponse> reply) override {
    web::Parameters parameters = credentials_;
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) parameters[name] = value;
    };
    add("address", request.address());
    add("language", request.language());
    add("region", request.region());
    // In an order of their own: the map of the protocol has none.
    std::string components;
    const auto& given = request.components();
    for (const auto& [name, value] :
         std::map<std::string, std::string>(given.begin(), given.end())) {
      components += (components.empty() ? "" : "|") + name + ":" + value;
    }
    add("components", components);
    if (request.has_bounds()) {
      const auto& bounds = request.bounds();
      if (!onEarth(bounds.southwest()) || !onEarth(bounds.northeast())) {
        return reply.fail(failed("Geocode", web::kNotOnEarth, 400));
      }
      // The API wants the southwest first.
      add("bounds", text(bounds.southwest()) + "|" + text(bounds.northeast()));
    }
    ask(context, parameters, "Geocode", std::move(reply));
  }

  void ReverseGeocode(evmicro::Context context, ReverseRequest request,
                      evmicro::Reply<ReverseResponse> reply) override {
    if (request.has_latlng() && !onEarth(request.latlng())) {
      return reply.fail(failed("ReverseGeocode", web::kNotOnEarth, 400));
    }
    web::Parameters parameters = credentials_;
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) parameters[name] = value;
    };
    if (request.has_latlng()) add("latlng", text(request.latlng()));
    add("place_id", request.place_id());
    add("placeID", request.placeid());
    add("language", request.language());
    add("result_type", joined(request.result_type()));
    add("location_type", joined(request.location_type()));
    ask(context, parameters, "ReverseGeocode", std::move(reply));
  }

 private:
  template <typename Response>
  void ask(const evmicro::Context& context, const web::Parameters& parameters, const char* method,
           evmicro::Reply<Response> reply) {
    const auto owed = std::make_shared<evmicro::Reply<Response>>(std::move(reply));
    api_.get(
        context, kPath, parameters,
        [this, owed, method](const evmicro::Result<evmicro::HttpClientReply>& answer) {
          if (!answer.ok()) {
            return owed->fail(
                failed(method, answer.status().detail(), web::codeOf(answer.status())));
          }
          Response response;
          if (!web::readTolerantly(answer->body, response)) {
            return owed->fail(failed(method, "the API answered " + std::to_string(answer->status) +
                                                 " with something that is not JSON"));
          }
          Moved(answer->body).copyTo(response);
          owed->send(response);
        });
  }
  evmicro::Status failed(const char* method, std::string detail, int code = 500) const {
    return evmicro::Status::error(code, name_ + ".Google." + method, std::move(detail));
  }

  const std::string name_;
  web::WebApi& api_;
  const web::Parameters credentials_;
};

}  // namespace

int main(int argc, char** argv) {
  web::ApiFlags apiFlags("google", "https://maps.googleapis.com");
  std::string key;
  std::string client;
  std::string signature;
  evmicro::ServiceOptions options;
  options.name = "go.micro.srv.geocode";
  options.flags = apiFlags.with({
      {"google_api_key", "Sent as key", &key},
      {"google_client_id", "Sent as client", &client},
      {"google_signature", "Sent as signature", &signature},
  });
  evmicro::Service service(options);
  service.init(argc, argv);
  const web::WebApi::Options apiOptions = apiFlags.optionsOrExit("geocode_srv");
  orFromEnvironment(key, "GOOGLE_API_KEY");
  orFromEnvironment(client, "GOOGLE_CLIENT_ID");
  orFromEnvironment(signature, "GOOGLE_SIGNATURE");
  web::WebApi api(service.loop(), apiOptions);
  service.server().collect(api.collector());
  web::Parameters credentials;
  if (!key.empty()) credentials["key"] = key;
  if (!client.empty()) credentials["client"] = client;
  if (!signature.empty()) credentials["signature"] = signature;
  Geocoder geocoder(service.options().name, api, credentials);
  registerGoogleHandler(service.server(), geocoder);
  return service.run();
}
