#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/registry.h>
#include <evmicro/selector.h>
#include <evmicro/service_view.h>

namespace evmicro::test {

/// A selector over a view of a registry in memory.
class SelectorFixture : public CppUnit::TestFixture {
 public:
  void setUp() override;
  void tearDown() override;

 protected:
  /// Called once for each test. `view` outlives the selector.
  virtual std::unique_ptr<Selector> makeSelector(ServiceView& view) = 0;

  /// Registers a node for each id, and waits until the selector knows them.
  void add(const std::string& service, const std::vector<std::string>& ids,
           const std::string& version = "1.0");
  /// Deregisters such a node, and waits until the view knows.
  void remove(const std::string& service, const std::string& id);
  /// Chooses a node of `service` with `filters_` and `tried_`, without ending its call. The test
  /// fails if there is none.
  Selector::NodePtr chooseNode(const std::string& service = "shop");
  /// Chooses a node, ends its call successfully, and returns the node's id.
  std::string choose(const std::string& service = "shop");
  /// Waits for prepare().
  Status prepare(const std::string& service);

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<ServiceView> view_;
  std::unique_ptr<Selector> selector_;
  std::vector<NodeFilter> filters_;
  std::vector<std::string> tried_;
};

/// Contract of every selector, whichever nodes it prefers.
class SelectorContract : public SelectorFixture {
  CPPUNIT_TEST_SUITE(SelectorContract);
  CPPUNIT_TEST(hasAName);
  CPPUNIT_TEST(unknownServiceIsPreparedFirst);
  CPPUNIT_TEST(absentServiceIsNotFound);
  CPPUNIT_TEST(everyFilterMustSayYes);
  CPPUNIT_TEST(noNodePassingIsNotFound);
  CPPUNIT_TEST(triedNodeIsTakenOnlyWhenThereIsNoOther);
  CPPUNIT_TEST(changesCount);
  CPPUNIT_TEST(nodeStaysAsItWasChosen);
  CPPUNIT_TEST(nodeOutlivesSelectorAndView);
  CPPUNIT_TEST(servicesAreSeparate);
  CPPUNIT_TEST(failuresLeaveSomebodyToChoose);
  CPPUNIT_TEST(everyOutcomeMayBeMarked);
  CPPUNIT_TEST(markOfTheUnknownIsHarmless);
  CPPUNIT_TEST(droppedPreparationIsSilent);
  CPPUNIT_TEST(preparedMayDestroyTheSelector);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void hasAName();
  void unknownServiceIsPreparedFirst();
  void absentServiceIsNotFound();
  void everyFilterMustSayYes();
  void noNodePassingIsNotFound();
  void triedNodeIsTakenOnlyWhenThereIsNoOther();
  void changesCount();
  void nodeStaysAsItWasChosen();
  void nodeOutlivesSelectorAndView();
  void servicesAreSeparate();
  void failuresLeaveSomebodyToChoose();
  void everyOutcomeMayBeMarked();
  void markOfTheUnknownIsHarmless();
  void droppedPreparationIsSilent();
  void preparedMayDestroyTheSelector();
};

}  // namespace evmicro::test
