#include <evmicro/selector.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/service_view.h>

#include "support/followed_registry.h"
#include "support/heap.h"
#include "support/manual_clock.h"

namespace evmicro {

using NodePtr = Selector::NodePtr;

// What selectors remember of nodes, by the bytes in use: it ends.
class SelectorMemoryTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SelectorMemoryTest);
  CPPUNIT_TEST(nodesThatHaveGoneAreForgotten);
  CPPUNIT_TEST(nodesThatGoWhileTheyAreCalledAreForgotten);
  CPPUNIT_TEST(aNodeThatKeepsFailingIsRememberedOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_.emplace();
    loop_.emplace();
    registry_.emplace();
  }
  void tearDown() override {
    registry_.reset();
    loop_.reset();
    clock_.reset();
  }

  void nodesThatHaveGoneAreForgotten() {
    forEach([this](Selector& selector) {
      expectNoGrowth([&](int number) {
        tell("number " + std::to_string(number));
        selector.mark("shop", *choose(selector), failure());
        clock_->advance(*loop_, SelectorOptions().avoidFor);
      });
    });
  }

  void nodesThatGoWhileTheyAreCalledAreForgotten() {
    forEach([this](Selector& selector) {
      NodePtr called = choose(selector);
      expectNoGrowth([&](int number) {
        tell("number " + std::to_string(number));
        const NodePtr gone = std::exchange(called, choose(selector));
        selector.mark("shop", *gone, failure());
        clock_->advance(*loop_, SelectorOptions().avoidFor);
      });
    });
  }

  void aNodeThatKeepsFailingIsRememberedOnce() {
    forEach([this](Selector& selector) {
      expectNoGrowth([&](int) { selector.mark("shop", *choose(selector), failure()); });
    });
  }

 private:
  using Make = std::unique_ptr<Selector> (*)(ServiceView&, SelectorOptions);

  static Status failure() { return Status::unavailable("connection refused"); }
  static NodePtr choose(Selector& selector) { return **selector.choose("shop", {{}, {}}); }

  void tell(const std::string& node) {
    registry_->tell("shop", std::vector<ServiceInfo>{test::versionWith("shop", "1.0", {node})});
  }

  template <typename Check>
  void forEach(const Check& check) {
    for (const Make make : {Make(makeRandomSelector), Make(makeRoundRobinSelector),
                            Make(makeLeastConnSelector), Make(makeBlacklistSelector)}) {
      ServiceView view(*loop_, *registry_);
      const Call call = view.get("shop", [](const auto&) {});
      tell("first");
      const auto selector = make(view, {});
      name_ = selector->name();
      check(*selector);
    }
  }

  template <typename Step>
  void expectNoGrowth(const Step& step) {
    for (int i = 0; i < 100; ++i) step(i);
    const std::size_t before = test::bytesInUse();
    for (int i = 100; i < 1'100; ++i) step(i);
    const std::size_t after = test::bytesInUse();
    CPPUNIT_ASSERT_MESSAGE(name_ + ": " + std::to_string(before) + ", " + std::to_string(after),
                           after < before + 8'192);
  }

  std::optional<test::ManualClock> clock_;
  std::optional<EventLoop> loop_;
  std::optional<test::FollowedRegistry> registry_;
  std::string name_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SelectorMemoryTest);

}  // namespace evmicro
