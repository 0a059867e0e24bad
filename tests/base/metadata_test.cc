#include <evmicro/metadata.h>

#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro {

class MetadataTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MetadataTest);
  CPPUNIT_TEST(namesBecomeCanonical);
  CPPUNIT_TEST(namesThatAreNoTokensStay);
  CPPUNIT_TEST(namesAreFoundInAnyCase);
  CPPUNIT_TEST(namesThatAreNoTokensAreFoundInAnyCase);
  CPPUNIT_TEST(setReplacesAndKeepsTheOrder);
  CPPUNIT_TEST(valuesOfAnyLengthReplaceEachOther);
  CPPUNIT_TEST(theFirstOfRepeatedOnesCounts);
  CPPUNIT_TEST(viewsIntoItselfMayBeSet);
  CPPUNIT_TEST(viewsIntoItselfMayBeNames);
  CPPUNIT_TEST(removedOnesAreGone);
  CPPUNIT_TEST(mergingOverwrites);
  CPPUNIT_TEST_SUITE_END();

 public:
  void namesBecomeCanonical() {
    const std::pair<const char*, const char*> cases[] = {{"lower-key", "Lower-Key"},
                                                         {"under_score", "Under_score"},
                                                         {"MiXeD", "Mixed"},
                                                         {"X-USER-ID", "X-User-Id"},
                                                         {"azAZ-azAZ", "Azaz-Azaz"},
                                                         {"Az-zA-ZA", "Az-Za-Za"},
                                                         {"-a--b", "-A--B"},
                                                         {"9to5-9to5", "9to5-9to5"},
                                                         {"!#$%&'*+.^_`|~", "!#$%&'*+.^_`|~"},
                                                         {"", ""}};
    for (const auto& [name, canonical] : cases) {
      CPPUNIT_ASSERT_EQUAL(std::string(canonical), canonicalHeaderName(name));
    }
  }

  void namesThatAreNoTokensStay() {
    for (const std::string name : {":topic", "two words", "caf\xc3\xa9", "tail:", "q\"uote"}) {
      CPPUNIT_ASSERT_EQUAL(name, canonicalHeaderName(name));
    }
    const std::string withNul("a\0b", 3);
    CPPUNIT_ASSERT_EQUAL(withNul, canonicalHeaderName(withNul));
  }

  void namesAreFoundInAnyCase() {
    const Metadata metadata{{"x-user-id", "john"}, {"Empty", ""}};
    CPPUNIT_ASSERT(metadata.get("X-USER-ID") == "john");
    CPPUNIT_ASSERT(metadata.get("empty") == "");
    CPPUNIT_ASSERT(!metadata.has("X-User"));
    CPPUNIT_ASSERT_EQUAL(std::string("X-User-Id"), std::string((*metadata.begin()).name));
  }

  void namesThatAreNoTokensAreFoundInAnyCase() {
    Metadata metadata;
    metadata.set(":aZ", "1");
    metadata.set(":@[", "2");
    CPPUNIT_ASSERT(metadata.get(":Az") == "1");
    CPPUNIT_ASSERT(!metadata.has(":bz"));
    CPPUNIT_ASSERT(!metadata.has(":ay"));
    CPPUNIT_ASSERT_MESSAGE("no letters", !metadata.has(":`{"));
    CPPUNIT_ASSERT(!metadata.has(":@[ "));
  }

  void valuesOfAnyLengthReplaceEachOther() {
    Metadata metadata{{"a", "abc"}, {"b", "xyz"}};
    for (const std::string value : {"def", "gh", "ijk", "lmno", "pqrs", "", "t"}) {
      metadata.set("a", value);
      CPPUNIT_ASSERT_EQUAL(value, std::string(*metadata.get("a")));
      CPPUNIT_ASSERT_EQUAL(std::string("xyz"), std::string(*metadata.get("b")));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), metadata.size());
  }

  void setReplacesAndKeepsTheOrder() {
    Metadata metadata{{"a", "1"}, {"b", "2"}, {"c", "3"}};
    metadata.set("B", "longer than before");
    metadata.set("a", "");
    CPPUNIT_ASSERT(metadata.get("b") == "longer than before");
    CPPUNIT_ASSERT(metadata.get("a") == "");
    std::string order;
    for (const Metadata::Entry& entry : metadata) order += entry.name;
    CPPUNIT_ASSERT_EQUAL(std::string("ABC"), order);
  }

  void theFirstOfRepeatedOnesCounts() {
    Metadata metadata;
    CPPUNIT_ASSERT(metadata.addFirst("Key", "first"));
    CPPUNIT_ASSERT(!metadata.addFirst("KEY", "second"));
    CPPUNIT_ASSERT(metadata.get("key") == "first");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, metadata.size());
  }

  void viewsIntoItselfMayBeSet() {
    Metadata metadata{{"short", "v"}, {"long", std::string(500, 'x')}};
    metadata.set("short", *metadata.get("long"));
    CPPUNIT_ASSERT(metadata.get("short") == std::string(500, 'x'));
    metadata.set("short", metadata.get("short")->substr(498));
    CPPUNIT_ASSERT(metadata.get("short") == "xx");
    metadata.set("new", *metadata.get("long"));
    CPPUNIT_ASSERT(metadata.get("new") == std::string(500, 'x'));
  }

  // The text moves while it grows: with the first name, the last value, and both.
  void viewsIntoItselfMayBeNames() {
    Metadata metadata{{"first", "second"}};
    for (int i = 0; i < 12; ++i) {  // past what is reserved, several times
      const std::string expected = std::string(i + 2, 'k') + std::string(40, 'x');
      metadata.set("first", expected);
      const std::string_view view = *metadata.get("first");
      CPPUNIT_ASSERT(metadata.addFirst(view, view));
      CPPUNIT_ASSERT(metadata.get(expected) == expected);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(13), metadata.size());
    Metadata copy{{"name", std::string(300, 'y')}};
    CPPUNIT_ASSERT(copy.addFirst("other", (*copy.begin()).name));
    CPPUNIT_ASSERT(copy.get("other") == "Name");
    CPPUNIT_ASSERT(copy.addFirst((*copy.begin()).value, "z"));
    CPPUNIT_ASSERT(copy.get(std::string(300, 'Y')) == "z");
  }

  void removedOnesAreGone() {
    Metadata metadata{{"a", "1"}, {"b", "2"}};
    metadata.remove("A");
    metadata.remove("not there");
    CPPUNIT_ASSERT(metadata == Metadata({{"b", "2"}}));
    metadata.clear();
    CPPUNIT_ASSERT(metadata.empty());
  }

  void mergingOverwrites() {
    Metadata metadata{{"a", "1"}, {"b", "2"}};
    metadata.merge({{"B", "3"}, {"c", "4"}});
    CPPUNIT_ASSERT(metadata == Metadata({{"c", "4"}, {"a", "1"}, {"b", "3"}}));
    CPPUNIT_ASSERT(!(metadata == Metadata({{"c", "4"}, {"a", "1"}, {"b", "2"}})));
    CPPUNIT_ASSERT(!(metadata == Metadata({{"c", "4"}, {"a", "1"}})));
    CPPUNIT_ASSERT(!(Metadata({{"c", "4"}, {"a", "1"}}) == metadata));
    CPPUNIT_ASSERT(!(metadata == Metadata({{"c", "4"}, {"a", "1"}, {"d", "3"}})));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MetadataTest);

}  // namespace evmicro
