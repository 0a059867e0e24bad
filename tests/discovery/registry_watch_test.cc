#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/registry.h>

#include "support/followed_registry.h"

namespace evmicro {

using test::versionWith;
using Versions = std::vector<ServiceInfo>;
using Strings = std::vector<std::string>;

// The events of Registry::watch(), from a registry that says what the test wants.
class RegistryWatchTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RegistryWatchTest);
  CPPUNIT_TEST(beginsWithWhatThereIs);
  CPPUNIT_TEST(tellsWhatHasChanged);
  CPPUNIT_TEST(nothingNewIsNoEvent);
  CPPUNIT_TEST(outageIsToldOnceAndHidesNothing);
  CPPUNIT_TEST(allServicesAreWatched);
  CPPUNIT_TEST(serviceThatLeavesTheListIsDeleted);
  CPPUNIT_TEST(outageOfAllIsToldOnce);
  CPPUNIT_TEST(droppedWatchIsSilent);
  CPPUNIT_TEST(callbackMayDropTheWatch);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    registry_ = std::make_unique<test::FollowedRegistry>();
    events_.clear();
  }
  void tearDown() override {
    token_.cancel();
    registry_.reset();
  }

  void beginsWithWhatThereIs() {
    watch("shop");
    registry_->tell("shop", Versions{version("1.0", {"a"}), version("2.0", {"b", "c"})});
    expect({"create shop 1.0 a", "create shop 2.0 b c"});
  }

  void tellsWhatHasChanged() {
    watch("shop");
    registry_->tell("shop", Versions{version("1.0", {"a"}), version("2.0", {"b"})});
    events_.clear();
    registry_->tell("shop", Versions{version("2.0", {"b", "c"}), version("3.0", {"d"})});
    expect({"delete shop 1.0 a", "update shop 2.0 b c", "create shop 3.0 d"});
    ServiceInfo changed = version("3.0", {"d"});
    changed.nodes[0].metadata["zone"] = "b";
    registry_->tell("shop", Versions{version("2.0", {"b", "c"}), changed});
    expect({"update shop 3.0 d"});
    registry_->tell("shop", Versions{});
    expect({"delete shop 2.0 b c", "delete shop 3.0 d"});
  }

  void nothingNewIsNoEvent() {
    watch("shop");
    registry_->tell("shop", Versions{});
    expect({});
    registry_->tell("shop", Versions{version("1.0", {"a"})});
    expect({"create shop 1.0 a"});
    registry_->tell("shop", Versions{version("1.0", {"a"})});
    expect({});
  }

  void outageIsToldOnceAndHidesNothing() {
    watch("shop");
    registry_->tell("shop", Versions{version("1.0", {"a"}), version("2.0", {"b"})});
    events_.clear();
    registry_->tell("shop", Status::unavailable("gone"));
    expect({"error gone"});
    registry_->tell("shop", Versions{version("2.0", {"b"})});
    expect({"delete shop 1.0 a"});
    registry_->tell("shop", Status::unavailable("gone again"));
    expect({"error gone again"});
  }

  void allServicesAreWatched() {
    watch("");
    registry_->tellNames(Strings{"bank", "shop"});
    registry_->tell("shop", Versions{version("1.0", {"a"})});
    registry_->tell("bank", Versions{versionWith("bank", "1.0", {"x"})});
    expect({"create shop 1.0 a", "create bank 1.0 x"});
    registry_->tellNames(Strings{"bank", "pub", "shop"});
    CPPUNIT_ASSERT_EQUAL(3, registry_->follows);
    registry_->tell("pub", Versions{versionWith("pub", "1.0", {"p"})});
    expect({"create pub 1.0 p"});
  }

  void serviceThatLeavesTheListIsDeleted() {
    watch("");
    registry_->tellNames(Strings{"bank", "shop"});
    registry_->tell("shop", Versions{version("1.0", {"a"}), version("2.0", {"b"})});
    registry_->tell("bank", Versions{versionWith("bank", "1.0", {"x"})});
    events_.clear();
    registry_->tellNames(Strings{"bank"});
    expect({"delete shop 1.0 a", "delete shop 2.0 b"});
    CPPUNIT_ASSERT_EQUAL(0, registry_->followers("shop"));
    CPPUNIT_ASSERT_EQUAL(1, registry_->followers("bank"));
    registry_->tellNames(Strings{"bank", "shop"});
    registry_->tell("shop", Versions{version("1.0", {"a"})});
    expect({"create shop 1.0 a"});
  }

  void outageOfAllIsToldOnce() {
    watch("");
    registry_->tellNames(Strings{"bank", "shop"});
    registry_->tell("shop", Versions{version("1.0", {"a"})});
    events_.clear();
    registry_->tell("shop", Status::unavailable("gone"));
    registry_->tellNames(Status::unavailable("gone"));
    registry_->tell("bank", Status::unavailable("gone"));
    expect({"error gone"});
    registry_->tellNames(Strings{});  // with all that was away
    expect({"delete shop 1.0 a"});
    registry_->tellNames(Status::unavailable("gone again"));
    expect({"error gone again"});
  }

  void droppedWatchIsSilent() {
    watch("");
    registry_->tellNames(Strings{"shop"});
    token_.cancel();
    registry_->tell("shop", Versions{version("1.0", {"a"})});
    registry_->tellNames(Strings{});
    expect({});
    CPPUNIT_ASSERT_EQUAL(0, registry_->followers("shop"));
  }

  void callbackMayDropTheWatch() {
    for (const bool all : {false, true}) {
      int ran = 0;
      std::string seen;
      token_ = registry_->watch(all ? "" : "shop", [&, kept = std::string(64, 'k')](const auto&) {
        ++ran;
        token_.cancel();
        seen = kept;
      });
      if (all) registry_->tellNames(Strings{"shop"});
      registry_->tell("shop", Versions{version("1.0", {"a"}), version("2.0", {"b"})});
      CPPUNIT_ASSERT_EQUAL(1, ran);
      CPPUNIT_ASSERT_EQUAL(std::string(64, 'k'), seen);
    }
  }

 private:
  static ServiceInfo version(const std::string& name, const Strings& ids) {
    return versionWith("shop", name, ids);
  }

  static std::string describe(const Result<ServiceEvent>& event) {
    if (!event.ok()) return "error " + event.status().detail();
    const std::string what = event->what == ServiceEvent::What::kCreate   ? "create "
                             : event->what == ServiceEvent::What::kUpdate ? "update "
                                                                          : "delete ";
    std::string text = what + event->service.name + " " + event->service.version;
    for (const Node& node : event->service.nodes) text += " " + node.id;
    return text;
  }

  void watch(const std::string& name) {
    token_ = registry_->watch(
        name, [this](const Result<ServiceEvent>& event) { events_.push_back(describe(event)); });
  }
  // And takes them.
  void expect(const Strings& events) {
    std::string all;
    for (const std::string& event : events_) all += event + "; ";
    CPPUNIT_ASSERT_MESSAGE(all, events == events_);
    events_.clear();
  }

  std::unique_ptr<test::FollowedRegistry> registry_;
  Subscription token_;
  Strings events_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RegistryWatchTest);

}  // namespace evmicro
