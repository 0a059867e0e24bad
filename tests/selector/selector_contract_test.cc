// The contract on each selector.
#include <evmicro/conformance/selector_contract.h>

namespace evmicro {

namespace {

template <std::unique_ptr<Selector> (*make)(ServiceView&, SelectorOptions)>
class SelectorOf : public test::SelectorContract {
 protected:
  std::unique_ptr<Selector> makeSelector(ServiceView& view) override { return make(view, {}); }
};

}  // namespace

class RandomSelectorTest final : public SelectorOf<makeRandomSelector> {
  CPPUNIT_TEST_SUB_SUITE(RandomSelectorTest, test::SelectorContract);
  CPPUNIT_TEST_SUITE_END();
};
class RoundRobinSelectorTest final : public SelectorOf<makeRoundRobinSelector> {
  CPPUNIT_TEST_SUB_SUITE(RoundRobinSelectorTest, test::SelectorContract);
  CPPUNIT_TEST_SUITE_END();
};
class LeastConnSelectorTest final : public SelectorOf<makeLeastConnSelector> {
  CPPUNIT_TEST_SUB_SUITE(LeastConnSelectorTest, test::SelectorContract);
  CPPUNIT_TEST_SUITE_END();
};
class BlacklistSelectorTest final : public SelectorOf<makeBlacklistSelector> {
  CPPUNIT_TEST_SUB_SUITE(BlacklistSelectorTest, test::SelectorContract);
  CPPUNIT_TEST_SUITE_END();
};

CPPUNIT_TEST_SUITE_REGISTRATION(RandomSelectorTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RoundRobinSelectorTest);
CPPUNIT_TEST_SUITE_REGISTRATION(LeastConnSelectorTest);
CPPUNIT_TEST_SUITE_REGISTRATION(BlacklistSelectorTest);

}  // namespace evmicro
