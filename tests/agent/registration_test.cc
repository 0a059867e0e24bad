#include "agent/registration.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

using namespace std::chrono_literals;

class RegistrationTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RegistrationTest);
  CPPUNIT_TEST(readsWhatGoMicroSends);
  CPPUNIT_TEST(readsEveryField);
  CPPUNIT_TEST(fieldNamesHaveNoCase);
  CPPUNIT_TEST(nullLeavesTheDefault);
  CPPUNIT_TEST(namesChecksAsConsulDoes);
  CPPUNIT_TEST(emptyCheckIsNone);
  CPPUNIT_TEST(ipAddressesAreTagged);
  CPPUNIT_TEST(textAfterTheObjectIsIgnored);
  CPPUNIT_TEST(refusesServicesWithTheTextOfConsul);
  CPPUNIT_TEST(checksThatAreNotRunPass);
  CPPUNIT_TEST(refusesHostileJson);
  CPPUNIT_TEST(survivesAnyWrongByte);
  CPPUNIT_TEST(refusesMetadataOutOfBounds);
  CPPUNIT_TEST(readsChecks);
  CPPUNIT_TEST(refusesChecksWithTheTextOfConsul);
  CPPUNIT_TEST(readsUpdates);
  CPPUNIT_TEST(refusesUpdatesWithTheTextOfConsul);
  CPPUNIT_TEST_SUITE_END();

 public:
  void readsWhatGoMicroSends() {
    const auto read = service(R"({"ID":"broker-1.2","Name":"topic:cap.reg",)"
                              R"("Tags":["t={\"secure\":\"false\"}","v=ff.http.broadcast"],)"
                              R"("Port":9400,"Address":"127.0.0.1","Check":{"TTL":"1m0s"},)"
                              R"("Checks":null})"
                              "\n");
    CPPUNIT_ASSERT_EQUAL(std::string("broker-1.2"), read.service.id);
    CPPUNIT_ASSERT_EQUAL(std::string("topic:cap.reg"), read.service.name);
    CPPUNIT_ASSERT_EQUAL(std::string("t={\"secure\":\"false\"}"), read.service.tags.at(0));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{9400}, read.service.port);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, read.checks.size());
    CPPUNIT_ASSERT(read.checks[0].ttl == 1min);
    CPPUNIT_ASSERT_EQUAL(std::string("service:broker-1.2"), read.checks[0].id);
    CPPUNIT_ASSERT_EQUAL(std::string("Service 'topic:cap.reg' check"), read.checks[0].name);
    CPPUNIT_ASSERT(read.checks[0].health == Health::kCritical);
  }

  void readsEveryField() {
    const auto read = service(R"({"Name":"a","Meta":{"k":"v"},"EnableTagOverride":true,)"
                              R"("TaggedAddresses":{"wan":{"Address":"1.2.3.4","Port":5}},)"
                              R"("Weights":{"Passing":10,"Warning":3},"Token":"t","Kind":"",)"
                              R"("Proxy":{},"Connect":null,)"
                              R"("Check":{"Name":"n","Notes":"o","Status":"passing","TTL":5000,)"
                              R"("DeregisterCriticalServiceAfter":"90s"}})");
    CPPUNIT_ASSERT_EQUAL(std::string("a"), read.service.id);
    CPPUNIT_ASSERT_EQUAL(std::string("v"), read.service.meta.at("k"));
    CPPUNIT_ASSERT(read.service.enableTagOverride);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, read.service.taggedAddresses.at("wan").port);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{10}, read.service.passingWeight);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, read.service.warningWeight);
    const CheckDefinition& check = read.checks.at(0);
    CPPUNIT_ASSERT(check.ttl == 5us);
    CPPUNIT_ASSERT(check.deregisterAfter == 90s);
    CPPUNIT_ASSERT(check.health == Health::kPassing);
    CPPUNIT_ASSERT_EQUAL(std::string("n"), check.name);
    CPPUNIT_ASSERT_EQUAL(std::string("o"), check.notes);
  }

  void fieldNamesHaveNoCase() {
    const auto read = service(R"({"name":"a","PORT":7,"enable_tag_override":true,)"
                              R"("tagged_addresses":{"x":{"address":"h"}},)"
                              R"("check":{"ttl":"1s","deregister_critical_service_after":"2m"}})");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{7}, read.service.port);
    CPPUNIT_ASSERT(read.service.enableTagOverride);
    CPPUNIT_ASSERT_EQUAL(std::string("h"), read.service.taggedAddresses.at("x").address);
    CPPUNIT_ASSERT(read.checks.at(0).deregisterAfter == 2min);
  }

  void nullLeavesTheDefault() {
    const auto read = service(R"({"Name":"a","Tags":null,"Port":null,"Weights":null,"Meta":null})");
    CPPUNIT_ASSERT(read.service.tags.empty());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, read.service.port);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, read.service.passingWeight);
  }

  void namesChecksAsConsulDoes() {
    const auto read = service(R"({"Name":"a","Check":{"TTL":"1s"},)"
                              R"("Checks":[{"TTL":"2s","CheckID":"mine"},{"TTL":"3s"}]})");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, read.checks.size());
    CPPUNIT_ASSERT_EQUAL(std::string("service:a:1"), read.checks[0].id);
    CPPUNIT_ASSERT_EQUAL(std::string("mine"), read.checks[1].id);
    CPPUNIT_ASSERT_EQUAL(std::string("service:a:3"), read.checks[2].id);
  }

  void emptyCheckIsNone() {
    CPPUNIT_ASSERT(service(R"({"Name":"a","Check":{}})").checks.empty());
    CPPUNIT_ASSERT(service(R"({"Name":"a","Check":{"TTL":true}})").checks.empty());
  }

  void ipAddressesAreTagged() {
    const auto v4 = service(R"({"Name":"a","Address":"10.0.0.1","Port":5})").service;
    CPPUNIT_ASSERT_EQUAL(std::string("10.0.0.1"), v4.taggedAddresses.at("lan_ipv4").address);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, v4.taggedAddresses.at("wan_ipv4").port);
    const auto v6 = service(R"({"Name":"a","Address":"::1"})").service;
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, v6.taggedAddresses.size());
    CPPUNIT_ASSERT_EQUAL(std::string("::1"), v6.taggedAddresses.at("wan_ipv6").address);
    for (const char* name : {"[::1]", "host.example", ""}) {
      const auto read = service(R"({"Name":"a","Address":")" + std::string(name) + "\"}");
      CPPUNIT_ASSERT_MESSAGE(name, read.service.taggedAddresses.empty());
    }
  }

  void textAfterTheObjectIsIgnored() {
    CPPUNIT_ASSERT_EQUAL(std::string("a"), service(R"({"Name":"a"} and more)").service.name);
  }

  void refusesServicesWithTheTextOfConsul() {
    const std::string decode = "Request decode failed: ";
    const std::pair<std::string, std::string> cases[] = {
        {"", decode + "EOF"},
        {" \n", decode + "EOF"},
        {"{", decode + "unexpected EOF"},
        {"{\"Name\":\"a", decode + "unexpected EOF"},
        {"xyz", decode + "invalid character 'x' looking for beginning of value"},
        {"{\"Name\":\"a\" x", decode + "invalid character 'x' after object key:value pair"},
        {"{\"Name\":\"a\",}",
         decode + "invalid character '}' looking for beginning of object key string"},
        {"{\"Name\" 5}", decode + "invalid character '5' after object key"},
        {"{\"Tags\":[\"a\" \"b\"]}", decode + "invalid character '\"' after array element"},
        {"null", "Missing service name"},
        {"{}", "Missing service name"},
        {R"({"Name":5})",
         decode + "json: cannot unmarshal number into Go struct field .Name of type string"},
        {R"({"Name":"a","Port":"x"})",
         decode + "json: cannot unmarshal string into Go struct field .Port of type int"},
        {R"({"Name":"a","Port":1.5})",
         decode + "json: cannot unmarshal number 1.5 into Go struct field .Port of type int"},
        {R"({"Name":"a","Tags":"x"})",
         decode + "json: cannot unmarshal string into Go struct field .Tags of type []string"},
        {R"({"Name":"a","Tags":[1]})",
         decode + "json: cannot unmarshal number into Go struct field .Tags of type string"},
        {R"({"Name":"a","Meta":{"a":1}})",
         decode + "json: cannot unmarshal number into Go struct field .Meta of type string"},
        {R"({"Name":"a","Meta":5})",
         decode +
             "json: cannot unmarshal number into Go struct field .Meta of type map[string]string"},
        {R"({"Name":"a","EnableTagOverride":5})",
         decode +
             "json: cannot unmarshal number into Go struct field .EnableTagOverride of type bool"},
        {R"({"Name":"a","Weights":5})",
         decode +
             "json: cannot unmarshal number into Go struct field .Weights of type structs.Weights"},
        {R"({"Name":"a","Weights":{"Passing":"x"}})",
         decode + "json: cannot unmarshal string into Go struct field Weights.Weights.Passing of "
                  "type int"},
        {R"({"Name":"a","TaggedAddresses":{"x":5}})",
         decode + "json: cannot unmarshal number into Go struct field .TaggedAddresses of type "
                  "structs.ServiceAddress"},
        {R"({"Name":"a","Check":{"TTL":"10s","Notes":5}})",
         decode + "json: cannot unmarshal number into Go struct field .Check of type string"},
        {R"({"Name":"a","Checks":{}})", decode + "json: cannot unmarshal object into Go struct "
                                                 "field .Checks of type structs.CheckTypes"},
        {R"({"Name":"a","Bogus":1})", decode + "json: unknown field \"Bogus\""},
        {R"({"Name":"a","Check":{"TTL":"1s","Bogus":1}})",
         decode + "json: unknown field \"Bogus\""},
        {R"({"Name":"a","Check":{"TTL":"x"}})", decode + "time: invalid duration \"x\""},
        {R"({"Name":"a","Check":{"TTL":"30"}})", decode + "time: missing unit in duration \"30\""},
        {R"({"Name":"a","Check":{"TTL":-1}})", "Invalid check: TTL must be > 0 for TTL checks"},
        {R"({"Name":"a","Check":{"Name":"n"}})", "Invalid check: TTL must be > 0 for TTL checks"},
        {R"({"Name":"a","Check":{"HTTP":"http://h/"}})",
         "Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks"},
        {R"({"Name":"a","Check":{"TTL":"1s","HTTP":"http://h/","Interval":"3s"}})",
         "Invalid check: Interval and TTL cannot both be specified"},
        {R"({"Name":"a","Check":{"TTL":"1s","Status":"bogus"}})",
         "Status for checks must 'passing', 'warning', 'critical'"},
        {R"({"Name":"a","Address":"0.0.0.0"})", "Invalid service address"},
        {R"({"Name":"a","Address":"::"})", "Invalid service address"},
        {R"({"Name":"a","Address":"[::]"})", "Invalid service address"},
        {R"({"Name":"a","Weights":{"Passing":0,"Warning":1}})",
         "Invalid Weights: Passing must be greater than 0"},
        {R"({"Name":"a","Weights":{"Passing":1,"Warning":-1}})",
         "Invalid Weights: Warning must be greater or equal than 0"},
        {R"({"Name":"a","Weights":{"Passing":70000}})",
         "Invalid Weights: DNS Weight must be between 0 and 65535"},
        {R"({"Name":"a","Kind":"connect-proxy"})", "this agent does not support proxies"},
    };
    for (const auto& [body, text] : cases) {
      const auto read = readServiceRegistration(body);
      CPPUNIT_ASSERT_MESSAGE(body, !read.ok());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(body, text, read.status().detail());
    }
  }

  void checksThatAreNotRunPass() {
    const std::pair<const char*, const char*> table[] = {
        {R"("HTTP":"http://h/","Header":{"X":["1"]},"Interval":"3s")", "http"},
        {R"("TCP":"h:1","Interval":"3s","Status":"critical")", "tcp"},
        {R"("GRPC":"h:1/x","GRPCUseTLS":true,"Interval":"3s")", "grpc"},
        {R"("AliasService":"b")", "alias"},
        {R"("Args":["true"],"Interval":"3s")", "script"},
    };
    for (const auto& [check, type] : table) {
      const auto read =
          readServiceRegistration(R"({"Name":"a","Check":{)" + std::string(check) + "}}");
      CPPUNIT_ASSERT_MESSAGE(check, read.ok());
      CPPUNIT_ASSERT_EQUAL(std::string(type), read->checks.at(0).type);
      CPPUNIT_ASSERT(read->checks[0].health == Health::kPassing);
      CPPUNIT_ASSERT(!read->connected);
    }
    CPPUNIT_ASSERT(
        readServiceRegistration(R"({"Name":"a","Connect":{"SidecarService":{}}})")->connected);
    const auto ttl = readServiceRegistration(R"({"Name":"a","Check":{"TTL":"1s"}})");
    CPPUNIT_ASSERT_EQUAL(std::string("ttl"), ttl->checks.at(0).type);
    CPPUNIT_ASSERT(ttl->checks[0].health == Health::kCritical);
  }

  void refusesHostileJson() {
    const std::string bodies[] = {
        std::string(100'000, '['),
        "{\"Name\":\"a\xFF\"}",
        "{\"Name\":\"a\\u0000b\"}",
        "{\"Name\":\"a\",\"Port\":99999999999999999999}",
        "{\"Name\":\"a\",\"Check\":{\"TTL\":1e999}}",
        "{\"Name\":\"a\",\"Checks\":[null]}",
        "[]",
        "\"x\"",
        std::string("{\"Name\":\"a\0b\"}", 14),
    };
    for (const std::string& body : bodies) {
      const auto read = readServiceRegistration(body);
      CPPUNIT_ASSERT_MESSAGE(body.substr(0, 40), !read.ok());
      CPPUNIT_ASSERT_EQUAL(std::string("Request decode failed: "),
                           read.status().detail().substr(0, 23));
    }
    // Every beginning of a valid body is refused, too.
    const std::string whole = R"({"Name":"a","Tags":["x"],"Check":{"TTL":"1s"}})";
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CPPUNIT_ASSERT(!readServiceRegistration(whole.substr(0, size)).ok());
    }
  }

  void survivesAnyWrongByte() {
    const std::string whole =
        R"({"ID":"i","Name":"a","Tags":["x","\u00e9"],"Port":-5,"Meta":{"k":"v"},)"
        R"("Weights":{"Passing":1},"TaggedAddresses":{"l":{"Port":1e3}},)"
        R"("Check":{"TTL":"1h1.5s"},"Checks":[{"TTL":7,"Status":"passing"}]})";
    std::size_t refused = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string wrong = whole;
        wrong[at] = static_cast<char>(byte);
        const auto read = readServiceRegistration(wrong);
        if (read.ok()) continue;
        ++refused;
        CPPUNIT_ASSERT_MESSAGE(wrong, !read.status().detail().empty());
      }
    }
    CPPUNIT_ASSERT(refused > whole.size() * 128);
  }

  void refusesMetadataOutOfBounds() {
    const std::string start = "Invalid Service Meta: ";
    const auto refusal = [](const std::string& meta) {
      return readServiceRegistration(R"({"Name":"a","Meta":{)" + meta + "}}").status().detail();
    };
    CPPUNIT_ASSERT_EQUAL(
        start + "Couldn't load metadata pair ('a b', '1'): Key contains invalid characters",
        refusal(R"("a b":"1")"));
    CPPUNIT_ASSERT_EQUAL(start + "Couldn't load metadata pair ('', '1'): Key cannot be blank",
                         refusal(R"("":"1")"));
    CPPUNIT_ASSERT_EQUAL(start +
                             "Couldn't load metadata pair ('consul-x', '1'): Key prefix "
                             "'consul-' is reserved for internal use",
                         refusal(R"("consul-x":"1")"));
    const std::string longKey(129, 'k'), longValue(513, 'v');
    CPPUNIT_ASSERT_EQUAL(start + "Couldn't load metadata pair ('" + longKey +
                             "', '1'): Key is too long (limit: 128 characters)",
                         refusal("\"" + longKey + "\":\"1\""));
    CPPUNIT_ASSERT_EQUAL(start + "Couldn't load metadata pair ('k', '" + longValue +
                             "'): Value is too long (limit: 512 characters)",
                         refusal("\"k\":\"" + longValue + "\""));
    std::string many = "\"k0\":\"\"";
    for (int i = 1; i <= 64; ++i) many += ",\"k" + std::to_string(i) + "\":\"\"";
    CPPUNIT_ASSERT_EQUAL(start + "Node metadata cannot contain more than 64 key/value pairs",
                         refusal(many));
  }

  void readsChecks() {
    const auto named = readCheckRegistration(R"({"Name":"disk","TTL":"1s"})");
    CPPUNIT_ASSERT(named.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("disk"), named->id);
    CPPUNIT_ASSERT(named->health == Health::kCritical);
    const auto full = readCheckRegistration(
        R"({"ID":"i","Name":"n","TTL":"1s","ServiceID":"s","Notes":"o","Status":"warning"})");
    CPPUNIT_ASSERT(full.ok());
    CPPUNIT_ASSERT_EQUAL(std::string("i"), full->id);
    CPPUNIT_ASSERT_EQUAL(std::string("s"), full->serviceId);
    CPPUNIT_ASSERT(full->health == Health::kWarning);
  }

  void refusesChecksWithTheTextOfConsul() {
    const std::pair<const char*, const char*> cases[] = {
        {"", "Request decode failed: EOF"},
        {"{}", "Missing check name"},
        {R"({"Name":"n"})", "Invalid check: TTL must be > 0 for TTL checks"},
        {R"({"Name":"n","TTL":"1s","Bogus":1})",
         "Request decode failed: json: unknown field \"Bogus\""},
        {R"({"Name":"n","TTL":"1s","Status":"bogus"})", "Bad check status"},
    };
    for (const auto& [body, text] : cases) {
      CPPUNIT_ASSERT_EQUAL(std::string(text), readCheckRegistration(body).status().detail());
    }
  }

  void readsUpdates() {
    const auto update = readCheckUpdate(R"({"Status":"warning","Output":"hot"})");
    CPPUNIT_ASSERT(update.ok());
    CPPUNIT_ASSERT(update->health == Health::kWarning);
    CPPUNIT_ASSERT_EQUAL(std::string("hot"), update->output);
  }

  void refusesUpdatesWithTheTextOfConsul() {
    const std::pair<const char*, const char*> cases[] = {
        {"{", "Request decode failed: unexpected EOF"},
        {"{}", "Invalid check status: ''"},
        {R"({"Status":"bogus"})", "Invalid check status: 'bogus'"},
        {R"({"Status":"passing","Bogus":1})",
         "Request decode failed: json: unknown field \"Bogus\""},
    };
    for (const auto& [body, text] : cases) {
      CPPUNIT_ASSERT_EQUAL(std::string(text), readCheckUpdate(body).status().detail());
    }
  }

 private:
  static ServiceRegistration service(const std::string& body) {
    auto read = readServiceRegistration(body);
    CPPUNIT_ASSERT_EQUAL(std::string(), read.status().detail());
    return std::move(read).value();
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RegistrationTest);

}  // namespace evmicro::detail
