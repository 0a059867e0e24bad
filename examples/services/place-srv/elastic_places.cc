#include "elastic_places.h"

#include <cstdlib>
#include <map>
#include <utility>

#include <evmicro/http_endpoints.h>
#include <jansson.h>

#include "../web-api/web_api.h"

namespace place {

namespace {

using evmicro::EndpointReply;
using evmicro::EndpointRequest;
using evmicro::Result;
using evmicro::Status;

constexpr const char* kIndex = "/places/";

struct Release {
  void operator()(json_t* value) const noexcept { json_decref(value); }
};
using Json = std::unique_ptr<json_t, Release>;

Json parse(const std::string& text) {
  return Json(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
}

std::string textOf(const json_t* value) {
  const std::unique_ptr<char, void (*)(void*)> text(json_dumps(value, JSON_COMPACT), std::free);
  return text ? text.get() : "";
}

// The first of the causes that Elasticsearch names, or nothing.
std::string explain(const std::string& body) {
  const Json json = parse(body);
  const json_t* const error = json_object_get(json.get(), "error");
  const json_t* const cause = json_array_get(json_object_get(error, "root_cause"), 0);
  const char* const reason = json_string_value(json_object_get(cause ? cause : error, "reason"));
  return reason ? reason : "";
}

Status failureOf(const EndpointReply& reply) {
  if (reply.http == 0) return Status::error(503, "", "Elasticsearch cannot be reached");
  return Status::error(500, "", reply.status.detail());
}

std::string queryOf(const std::string& query) {
  const Json json(json_pack("{s:{s:{s:s%}}}", "query", "query_string", "query",
                            query.empty() ? "*" : query.data(),
                            query.empty() ? std::size_t{1} : query.size()));
  return textOf(json.get());  // empty: it is not UTF-8
}

// `{"hits":{"hits":[{"_source":PLACE},...]}}`
Result<std::vector<Place>> placesOf(const std::string& body) {
  const Json json = parse(body);
  const json_t* const hits = json_object_get(json_object_get(json.get(), "hits"), "hits");
  if (!json_is_array(hits)) return Status::internal("the answer of Elasticsearch has no hits");
  std::vector<Place> places;
  std::size_t index = 0;
  const json_t* hit = nullptr;
  json_array_foreach(hits, index, hit) {
    Result<Place> place = fromJson(textOf(json_object_get(hit, "_source")));
    if (!place.ok()) return place.status();
    places.push_back(std::move(*place));
  }
  return places;
}

class ElasticPlaces final : public Places {
 public:
  ElasticPlaces(evmicro::EventLoop& loop, std::vector<std::string> hosts, std::string type,
                evmicro::TlsOptions tls)
      : typed_(type != "_doc"),
        documents_(kIndex + web::encoded(type) + "/"),
        client_(loop, options(std::move(hosts), std::move(tls))) {}

  void put(const Place& place, Finished done) override {
    send({"PUT", documents_ + web::encoded(place.id()), toJson(place), {}, {}, {}},
         [done = std::move(done)](const EndpointReply& reply) {
           if (reply.http == 200 || reply.http == 201) return done({});
           done(failureOf(reply));
         });
  }

  void read(const std::string& id, Done<Place> done) override {
    send({"GET", documents_ + web::encoded(id), {}, {}, {}, {}},
         [done = std::move(done)](const EndpointReply& reply) {
           // Also when there is no index yet.
           if (reply.http == 404) return done(Status::notFound("record not found"));
           if (reply.http != 200) return done(failureOf(reply));
           done(fromJson(textOf(json_object_get(parse(reply.body).get(), "_source"))));
         });
  }

  void remove(const std::string& id, Finished done) override {
    send({"DELETE", documents_ + web::encoded(id), {}, {}, {}, {}},
         [done = std::move(done)](const EndpointReply& reply) {
           if (reply.http == 200 || reply.http == 404) return done({});
           done(failureOf(reply));
         });
  }

  void search(const std::string& query, std::uint64_t limit, std::uint64_t offset,
              Done<std::vector<Place>> done) override {
    const std::string body = queryOf(query);
    if (body.empty()) return done(Status::invalid("query: not UTF-8"));
    send({"POST",
          (typed_ ? documents_ : kIndex) + "_search?from=" + std::to_string(offset) +
              "&size=" + std::to_string(limit),
          body,
          {},
          {},
          {}},
         [done = std::move(done)](const EndpointReply& reply) {
           if (reply.http == 200) return done(placesOf(reply.body));
           if (reply.http == 404) return done(std::vector<Place>());  // no index yet
           if (reply.http == 400) return done(Status::invalid("query: " + explain(reply.body)));
           done(failureOf(reply));
         });
  }

 private:
  using Answered = std::function<void(const EndpointReply&)>;

  static evmicro::HttpEndpoints::Options options(std::vector<std::string> hosts,
                                                 evmicro::TlsOptions tls) {
    evmicro::HttpEndpoints::Options options;
    options.kind = "Elasticsearch";
    options.addresses = std::move(hosts);
    options.defaultPort = "9200";
    options.tls = std::move(tls);
    options.explain = explain;
    return options;
  }

  void send(EndpointRequest request, Answered answered) {
    const std::uint64_t number = next_++;
    running_[number] = client_.send(
        std::move(request), [this, number, answered = std::move(answered)](EndpointReply reply) {
          running_.erase(number);
          answered(reply);
        });
  }

  const bool typed_;
  const std::string documents_;
  std::uint64_t next_ = 0;
  evmicro::HttpEndpoints client_;
  std::map<std::uint64_t, evmicro::Call> running_;
};

}  // namespace

std::unique_ptr<Places> makeElasticPlaces(evmicro::EventLoop& loop, std::vector<std::string> hosts,
                                          std::string type, evmicro::TlsOptions tls) {
  return std::make_unique<ElasticPlaces>(loop, std::move(hosts), std::move(type), std::move(tls));
}

}  // namespace place
