#include "call/known_nodes.h"

#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

class KnownNodesTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KnownNodesTest);
  CPPUNIT_TEST(aNodeIsFoundAgain);
  CPPUNIT_TEST(anotherNodeAtItsPlaceIsAnotherNode);
  CPPUNIT_TEST(nodesThatHaveGoneAreForgotten);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aNodeIsFoundAgain() {
    KnownNodes known;
    const auto a = node("a", 1);
    const auto b = node("b", 0);
    KnownNode& first = known.of(a);
    CPPUNIT_ASSERT_EQUAL(std::string("a:1"), first.address);
    CPPUNIT_ASSERT_EQUAL(std::string("b"), known.of(b).address);
    first.idle.removals = 7;
    CPPUNIT_ASSERT(&known.of(a) == &first);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(7), known.of(a).idle.removals);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), known.size());
  }

  // As a snapshot of the registry that the allocator puts where an older one has been.
  void anotherNodeAtItsPlaceIsAnotherNode() {
    KnownNodes known;
    Node place;
    place.address = "old";
    const auto share = [&place] { return Selector::NodePtr(&place, [](const Node*) {}); };
    {
      const auto shared = share();
      known.of(shared).idle.removals = 7;
    }
    place.address = "new";
    const auto shared = share();
    CPPUNIT_ASSERT_EQUAL(std::string("new"), known.of(shared).address);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), known.of(shared).idle.removals);
  }

  void nodesThatHaveGoneAreForgotten() {
    KnownNodes known;
    std::vector<Selector::NodePtr> all;
    for (int i = 0; i < 64; ++i) all.push_back(node("n" + std::to_string(i), 1));
    KnownNode& kept = known.of(all.front());
    for (const auto& each : all) known.of(each);
    CPPUNIT_ASSERT_EQUAL(std::size_t(64), known.size());
    all.resize(3);
    all.push_back(node("last", 1));
    known.of(all.back());
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), known.size());
    CPPUNIT_ASSERT(&known.of(all.front()) == &kept);
  }

 private:
  static Selector::NodePtr node(const std::string& address, std::uint16_t port) {
    auto made = std::make_shared<Node>();
    made->address = address;
    made->port = port;
    return made;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KnownNodesTest);

}  // namespace evmicro::detail
