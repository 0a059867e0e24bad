// Captured requests of go-micro of April 2016 to Consul 1.8.7, and its interpretation of the
// replies. golden/register_*.json are bodies byte for byte, health_* and catalog consul's replies,
// lookup_* what go-micro's registry returned for them.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/service_json.h>

#include "json/jansson.h"
#include "registry/consul/messages.h"
#include "registry/consul/tags.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;

namespace {

std::string golden(const std::string& name) {
  std::ifstream file(TEST_SOURCE_DIR "/registry/golden/" + name + ".json");
  CPPUNIT_ASSERT_MESSAGE("no golden file " + name, file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

// go-micro wrote metadata in Go's random map order, we sort it. Works on the text alone: inside a
// tag every quote is escaped, so `","` only stands between tags.
std::string withMetadataSorted(const std::string& body) {
  const std::string open = "\"Tags\":[\"";
  const std::size_t begin = body.find(open) + open.size();
  const std::size_t end = body.find("\"],\"Port\"", begin);
  std::vector<std::string> tags;
  for (std::size_t at = begin; at < end;) {
    const std::size_t stop = std::min(body.find("\",\"", at), end);
    tags.push_back(body.substr(at, stop - at));
    at = stop + 3;
  }
  const auto firstOther = std::find_if(tags.begin(), tags.end(), [](const std::string& tag) {
    return tag.compare(0, 2, "t=") != 0;
  });
  std::sort(tags.begin(), firstOther);
  std::string result = body.substr(0, begin);
  for (std::size_t i = 0; i < tags.size(); ++i) result += (i == 0 ? "" : "\",\"") + tags[i];
  return result + body.substr(end);
}

std::string without(std::string text, const std::string& part) {
  const std::size_t at = text.find(part);
  CPPUNIT_ASSERT_MESSAGE(part + " is missing in " + text, at != std::string::npos);
  return text.erase(at, part.size());
}

// The service that a registration announces, read back from its own text.
ServiceInfo announced(const std::string& body) {
  const Result<Json> object = readJson(body);
  CPPUNIT_ASSERT(object.ok());
  std::vector<std::string> tags;
  const json_t* const list = json_object_get(object->get(), "Tags");
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    tags.push_back(jsonText(json_array_get(list, i)));
  }
  std::size_t budget = kInflatedPerAnswer;
  DecodedTags decoded = decodeTags(tags, budget);
  ServiceInfo service;
  service.name = textAt(object->get(), "Name");
  service.version = decoded.version.value();
  service.endpoints = decoded.endpoints;
  const auto port = json_integer_value(json_object_get(object->get(), "Port"));
  service.nodes.push_back({textAt(object->get(), "ID"), textAt(object->get(), "Address"),
                           static_cast<std::uint16_t>(port), decoded.metadata});
  return service;
}

bool equalJson(const std::string& a, const std::string& b) {
  const Result<Json> left = readJson(a);
  const Result<Json> right = readJson(b);
  CPPUNIT_ASSERT(left.ok() && right.ok());
  return json_equal(left->get(), right->get()) == 1;
}

std::string listText(const std::vector<ServiceInfo>& services) {
  std::string text = "[";
  for (const ServiceInfo& service : services) {
    text += (text.size() == 1 ? "" : ",") + toJson(service);
  }
  return text + "]";
}

}  // namespace

class ConsulGoldenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConsulGoldenTest);
  CPPUNIT_TEST(greeterIsAnnouncedAsGoMicroDoes);
  CPPUNIT_TEST(everyKindOfEndpointIsAnnouncedAsGoMicroDoes);
  CPPUNIT_TEST(topicIsAnnouncedAsGoMicroDoes);
  CPPUNIT_TEST(pathsAreGoMicros);
  CPPUNIT_TEST(lookUpFindsWhatGoMicroFinds);
  CPPUNIT_TEST(catalogNamesAreRead);
  CPPUNIT_TEST_SUITE_END();

 public:
  void greeterIsAnnouncedAsGoMicroDoes() {
    ServiceInfo greeter;
    greeter.name = "capgreeter";
    greeter.version = "9.9.9";
    greeter.endpoints = {{"Greeter.Hello",
                          Value{"HelloRequest", "HelloRequest", {{"Name", "string", {}}}},
                          Value{"HelloResponse", "HelloResponse", {{"Greeting", "string", {}}}},
                          {{"stream", "false"}}}};
    greeter.nodes = {{"capgreeter-fixed-id",
                      "127.0.0.1",
                      9095,
                      {{"dc", "local"},
                       {"k", "v=w"},
                       {"transport", "http"},
                       {"broker", "http"},
                       {"server", "rpc"},
                       {"registry", "consul"}}}};
    CPPUNIT_ASSERT_EQUAL(withMetadataSorted(golden("register_greeter")),
                         registerBody(greeter, greeter.nodes[0], 0ms));
  }

  // Nested values, lists, nulls, subscribers, HTML characters: eighteen endpoints in one body.
  void everyKindOfEndpointIsAnnouncedAsGoMicroDoes() {
    checkTtlBody("register_peer_ttl", 30s);
    CPPUNIT_ASSERT(announced(golden("register_peer_ttl")).endpoints.size() > 10);
  }

  void topicIsAnnouncedAsGoMicroDoes() { checkTtlBody("register_topic_ttl", 60s); }

  void pathsAreGoMicros() {
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/agent/service/register"), registerPath());
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/agent/check/pass/service:cappeer-fixed-id?note="),
                         passPath("cappeer-fixed-id"));
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/agent/service/deregister/capgreeter-fixed-id"),
                         deregisterPath("capgreeter-fixed-id"));
    CPPUNIT_ASSERT_EQUAL(std::string("/v1/health/service/topic:peer.topic?passing=1"),
                         healthPath("topic:peer.topic"));
  }

  void lookUpFindsWhatGoMicroFinds() {
    const auto peer = readHealth(golden("health_peer"), "peer");
    CPPUNIT_ASSERT(peer.ok());
    CPPUNIT_ASSERT(equalJson(golden("lookup_peer"), listText(*peer)));
    const auto topic = readHealth(golden("health_topic"), "topic:peer.topic");
    CPPUNIT_ASSERT(topic.ok());
    CPPUNIT_ASSERT(equalJson(golden("lookup_topic"), listText(*topic)));
    const auto greeter = readHealth(golden("health_greeter"), "greeter");
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:9090"), greeter->at(0).nodes.at(0).dialAddress());
    CPPUNIT_ASSERT_EQUAL(std::string("latest"), greeter->at(0).version);
  }

  void catalogNamesAreRead() {
    CPPUNIT_ASSERT(
        (std::vector<std::string>{"consul", "go.micro.srv.example", "greeter", "peer", "peeridle",
                                  "topic:peer.topic", "topic:topic.go.micro.srv.example"}) ==
        *readCatalog(golden("catalog")));
  }

 private:
  // With a TTL we ask for one thing more than go-micro: that consul forgets what stays critical.
  static void checkTtlBody(const std::string& name, std::chrono::milliseconds ttl) {
    const std::string body = golden(name);
    const ServiceInfo service = announced(body);
    const std::string ours = registerBody(service, service.nodes[0], ttl);
    CPPUNIT_ASSERT_EQUAL(withMetadataSorted(body),
                         without(ours, ",\"DeregisterCriticalServiceAfter\":\"1m0s\""));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulGoldenTest);

}  // namespace evmicro
