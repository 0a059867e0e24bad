#include "registry/consul/tags.h"

#include <cctype>

#include <zlib.h>

#include <cppunit/extensions/HelperMacros.h>

#include "registry/service_json.h"

namespace evmicro {

using namespace detail;
using Tags = std::vector<std::string>;

namespace {

// As Python's zlib.compress() makes it, which is what Go's zlib.NewWriter() makes, too, up to the
// choice of blocks.
const char kHexVersion[] = "789c33d433d233060002d700f3";              // 1.2.3
const char kHexZoneB[] = "789cab56aacacf4b55b2524a52aa05001a8103d9";  // {"zone":"b"}

// `size` zero bytes, compressed, as hexadecimal digits.
std::string packedZeros(std::size_t size) {
  const std::string zeros(size, '\0');
  std::vector<Bytef> packed(compressBound(size));
  uLongf length = packed.size();
  CPPUNIT_ASSERT_EQUAL(
      Z_OK, compress(packed.data(), &length, reinterpret_cast<const Bytef*>(zeros.data()), size));
  std::string hex;
  for (std::size_t i = 0; i < length; ++i) {
    hex += "0123456789abcdef"[packed[i] >> 4];
    hex += "0123456789abcdef"[packed[i] & 15];
  }
  return hex;
}

DecodedTags decodeTags(const Tags& tags) {
  std::size_t budget = kInflatedPerAnswer;
  return detail::decodeTags(tags, budget);
}

std::optional<std::string> inflated(std::string_view hex) {
  std::size_t budget = kInflatedPerNode;
  return inflateHex(hex, budget);
}

}  // namespace

class ConsulTagsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConsulTagsTest);
  CPPUNIT_TEST(tagsAreInOrder);
  CPPUNIT_TEST(versionIsAlwaysThere);
  CPPUNIT_TEST(plainTagsAreRead);
  CPPUNIT_TEST(compressedTagsAreRead);
  CPPUNIT_TEST(firstFormCounts);
  CPPUNIT_TEST(foreignTagsAreSkipped);
  CPPUNIT_TEST(malformedTagsAreSkipped);
  CPPUNIT_TEST(everyTruncationOfCompressedTextIsRefused);
  CPPUNIT_TEST(hugeCompressedTextIsRefused);
  CPPUNIT_TEST(theCompressedTagsOfANodeHaveABudget);
  CPPUNIT_TEST(theNodesOfAnAnswerHaveABudgetTogether);
  CPPUNIT_TEST(deeplyNestedEndpointIsSkipped);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tagsAreInOrder() {
    ServiceInfo service;
    service.version = "v1";
    service.endpoints = {{"B", {}, {}, {}}, {"A", {}, {}, {}}};
    const Node node{"id", "host", 1, {{"z", "1"}, {"a", "2"}}};
    CPPUNIT_ASSERT((Tags{"t={\"a\":\"2\"}", "t={\"z\":\"1\"}",
                         "e={\"name\":\"B\",\"request\":null,\"response\":null,\"metadata\":null}",
                         "e={\"name\":\"A\",\"request\":null,\"response\":null,\"metadata\":null}",
                         "v=v1"}) == encodeTags(service, node));
  }

  // A Go client falls over tags of one character; without any, it invents a version.
  void versionIsAlwaysThere() { CPPUNIT_ASSERT(Tags{"v="} == encodeTags({}, {})); }

  void plainTagsAreRead() {
    const DecodedTags tags =
        decodeTags({"t={\"a\":\"1\"}", "t={\"b\":\"2\",\"c\":\"3\"}",
                    "e={\"name\":\"X.Y\",\"request\":{\"name\":\"R\",\"type\":\"R\"}}", "v=1=2"});
    CPPUNIT_ASSERT((std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}, {"c", "3"}}) ==
                   tags.metadata);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), tags.endpoints.size());
    CPPUNIT_ASSERT_EQUAL(std::string("X.Y"), tags.endpoints[0].name);
    CPPUNIT_ASSERT_EQUAL(std::string("R"), tags.endpoints[0].request->type);
    CPPUNIT_ASSERT(!tags.endpoints[0].response);
    CPPUNIT_ASSERT_EQUAL(std::string("1=2"), tags.version.value());
    CPPUNIT_ASSERT_EQUAL(std::string(), decodeTags({"v="}).version.value());
  }

  void compressedTagsAreRead() {
    const DecodedTags tags =
        decodeTags({std::string("t-") + kHexZoneB, std::string("v-") + kHexVersion});
    CPPUNIT_ASSERT((std::map<std::string, std::string>{{"zone", "b"}}) == tags.metadata);
    CPPUNIT_ASSERT_EQUAL(std::string("1.2.3"), tags.version.value());
  }

  void firstFormCounts() {
    const std::string compressed = std::string("t-") + kHexZoneB;
    CPPUNIT_ASSERT_EQUAL(std::string("a"),
                         decodeTags({"t={\"zone\":\"a\"}", compressed}).metadata.at("zone"));
    CPPUNIT_ASSERT_EQUAL(std::string("b"),
                         decodeTags({compressed, "t={\"zone\":\"a\"}"}).metadata.at("zone"));
    CPPUNIT_ASSERT_EQUAL(std::string("9"),
                         decodeTags({"v=9", std::string("v-") + kHexVersion}).version.value());
    // Each kind of tag for itself.
    CPPUNIT_ASSERT_EQUAL(std::size_t(1),
                         decodeTags({compressed, "e={\"name\":\"A\"}"}).endpoints.size());
  }

  void foreignTagsAreSkipped() {
    const DecodedTags tags = decodeTags({"", "t", "e", "v", "vip", "v1.0", "traefik.enable=true",
                                         "east", "te=x", "T={\"a\":\"1\"}", "v=real"});
    CPPUNIT_ASSERT_EQUAL(std::string("real"), tags.version.value());
    CPPUNIT_ASSERT(tags.metadata.empty());
    CPPUNIT_ASSERT(tags.endpoints.empty());
    CPPUNIT_ASSERT(!decodeTags({"vip", "v"}).version);
  }

  void malformedTagsAreSkipped() {
    const DecodedTags tags = decodeTags({"t=",
                                         "t={",
                                         "t=[]",
                                         "t=null",
                                         "t=\"x\"",
                                         "t={\"n\":1,\"s\":\"kept\"}",
                                         "t-",
                                         "e=",
                                         "e={",
                                         "e=[]",
                                         "e=null",
                                         "e=7",
                                         "e={\"name\":7}",
                                         "e={\"name\":\"x\",\"request\":[]}",
                                         "e={\"name\":\"x\",\"metadata\":{\"a\":{}}}",
                                         "e={\"name\":\"good\"}",
                                         "v-zz",
                                         "v-0",
                                         "v-00",
                                         "v=1"});
    CPPUNIT_ASSERT((std::map<std::string, std::string>{{"s", "kept"}}) == tags.metadata);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), tags.endpoints.size());
    CPPUNIT_ASSERT_EQUAL(std::string("good"), tags.endpoints[0].name);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), tags.version.value());
  }

  void everyTruncationOfCompressedTextIsRefused() {
    const std::string whole = kHexZoneB;
    CPPUNIT_ASSERT_EQUAL(std::string("{\"zone\":\"b\"}"), inflated(whole).value());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CPPUNIT_ASSERT_MESSAGE(std::to_string(size), !inflated(whole.substr(0, size)));
    }
    std::string upper = whole;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CPPUNIT_ASSERT(inflated(upper).has_value());
    for (std::size_t i = 0; i < whole.size(); ++i) {  // a damaged one must not do harm
      std::string damaged = whole;
      damaged[i] = damaged[i] == 'f' ? '0' : 'f';
      static_cast<void>(inflated(damaged));
    }
  }

  void hugeCompressedTextIsRefused() {
    CPPUNIT_ASSERT_EQUAL(std::size_t(1U << 20), inflated(packedZeros(1U << 20)).value().size());
    CPPUNIT_ASSERT(!inflated(packedZeros((1U << 20) + 1)));
    CPPUNIT_ASSERT(!inflated(packedZeros(4U << 20)));
  }

  // Many small tags that decompress to much each: 421 KB of them held the loop for 5.6 s.
  void theCompressedTagsOfANodeHaveABudget() {
    const std::string quarter = "t-" + packedZeros(kInflatedPerNode / 4);
    const std::string zone = std::string("t-") + kHexZoneB;
    CPPUNIT_ASSERT_EQUAL(std::size_t(1),
                         decodeTags({quarter, quarter, quarter, zone}).metadata.size());
    std::size_t budget = kInflatedPerAnswer;
    const DecodedTags over = decodeTags({quarter, quarter, quarter, quarter, zone}, budget);
    CPPUNIT_ASSERT(over.metadata.empty());
    CPPUNIT_ASSERT_EQUAL(kInflatedPerAnswer - kInflatedPerNode, budget);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), decodeTags({zone}, budget).metadata.size());
  }

  void theNodesOfAnAnswerHaveABudgetTogether() {
    std::size_t budget = 12;
    const std::vector<std::string> zone = {std::string("t-") + kHexZoneB};  // 12 bytes
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), decodeTags(zone, budget).metadata.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), budget);
    CPPUNIT_ASSERT(decodeTags(zone, budget).metadata.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1),
                         decodeTags({"t={\"a\":\"plain\"}"}, budget).metadata.size());
  }

  void deeplyNestedEndpointIsSkipped() {
    const auto nested = [](int depth) {
      std::string text = "e={\"name\":\"x\",\"request\":";
      for (int i = 0; i < depth; ++i) text += "{\"name\":\"a\",\"values\":[";
      text += "{}";
      for (int i = 0; i < depth; ++i) text += "]}";
      return text + "}";
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), decodeTags({nested(10)}).endpoints.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), decodeTags({nested(500)}).endpoints.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), decodeTags({nested(100'000)}).endpoints.size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConsulTagsTest);

}  // namespace evmicro
