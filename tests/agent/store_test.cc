#include "agent/store.h"

#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

using namespace std::chrono_literals;
using Topics = std::set<std::string>;

/// Time is what the test says: nothing here waits.
class AgentStoreTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AgentStoreTest);
  CPPUNIT_TEST(startsWithWhatEveryConsulHas);
  CPPUNIT_TEST(registrationMovesTheIndexOnce);
  CPPUNIT_TEST(sameRegistrationAgainMovesNothing);
  CPPUNIT_TEST(reorderedTagsAreAChange);
  CPPUNIT_TEST(changeOfOneServiceLeavesOthersAlone);
  CPPUNIT_TEST(namesAreFoundInAnyCase);
  CPPUNIT_TEST(renamedInstanceLeavesItsOldName);
  CPPUNIT_TEST(deregistrationTakesChecksAlong);
  CPPUNIT_TEST(deregistrationOfTheUnknownIsSilent);
  CPPUNIT_TEST(unknownServiceHasTheHighestIndexUntilOneHasGone);
  CPPUNIT_TEST(indexOfAServiceNeverGoesBackWhenItComesAndGoes);
  CPPUNIT_TEST(checkStartsCriticalAndPassesWhenTold);
  CPPUNIT_TEST(checkOfTheNodeConcernsEveryService);
  CPPUNIT_TEST(registrationKeepsHealthAndTextOfAKnownCheck);
  CPPUNIT_TEST(registrationStartsTheTtlAnew);
  CPPUNIT_TEST(othersChecksAreKeptOrRemoved);
  CPPUNIT_TEST(checkMovesBetweenServices);
  CPPUNIT_TEST(unknownAndBuiltInChecksCannotBeUpdated);
  CPPUNIT_TEST(changedTextAloneIsPublishedLate);
  CPPUNIT_TEST(changedTextIsPublishedWithTheNextHealth);
  CPPUNIT_TEST(longTextIsCut);
  CPPUNIT_TEST(ttlTurnsTheCheckCriticalAtItsTime);
  CPPUNIT_TEST(ttlQuotesTheLastReport);
  CPPUNIT_TEST(reportStartsTheTtlAnew);
  CPPUNIT_TEST(ttlUpToTheEndOfTimeIsHarmless);
  CPPUNIT_TEST(criticalServiceIsDeregisteredAfterItsTime);
  CPPUNIT_TEST(deregistrationWaitsAMinuteAtLeast);
  CPPUNIT_TEST(recoveryStopsTheDeregistration);
  CPPUNIT_TEST(serviceThatNeverReportedIsDeregisteredAfterItsTtl);
  CPPUNIT_TEST(severalDeadlinesAreDoneInOneGo);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    AgentStore::Options options;
    options.firstIndex = 100;
    store_ = std::make_unique<AgentStore>(options);
    now_ = AgentStore::TimePoint(1h);
  }

  void startsWithWhatEveryConsulHas() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->instancesOf("consul").size());
    CPPUNIT_ASSERT_EQUAL(std::string("serfHealth"), store_->checksOf("")[0]->id);
    CPPUNIT_ASSERT(store_->passing(*store_->findService("consul")));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, store_->servicesIndex());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, store_->checksIndex());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, store_->nodesIndex());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, healthIndex("consul"));
    CPPUNIT_ASSERT(store_->takeChanges().empty());
    CPPUNIT_ASSERT(!store_->nextDeadline());
  }

  void registrationMovesTheIndexOnce() {
    store_->registerService(instance("a-1", "a"), {ttlCheck("a-1", 10s)},
                            AgentStore::OtherChecks::kKeep, now_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{101}, store_->servicesIndex());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{101}, store_->checksIndex());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{101}, healthIndex("a"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, store_->nodesIndex());
    const StoredService* service = store_->findService("a-1");
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{101}, service->createIndex);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{101}, service->modifyIndex);
    CPPUNIT_ASSERT(store_->takeChanges() ==
                   Topics({topic::kServices, topic::kChecks, topic::instances("a"),
                           topic::health("a"), topic::checks("a")}));
    CPPUNIT_ASSERT(store_->takeChanges().empty());
  }

  void sameRegistrationAgainMovesNothing() {
    add("a-1", "a", 10s);
    store_->takeChanges();
    add("a-1", "a", 10s);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{101}, healthIndex("a"));
    CPPUNIT_ASSERT(store_->takeChanges().empty());
  }

  void reorderedTagsAreAChange() {
    ServiceInstance service = instance("a-1", "a");
    service.tags = {"x", "y"};
    store_->registerService(service, {}, AgentStore::OtherChecks::kKeep, now_);
    service.tags = {"y", "x"};
    store_->registerService(service, {}, AgentStore::OtherChecks::kKeep, now_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{102}, healthIndex("a"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{101}, store_->findService("a-1")->createIndex);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{102}, store_->findService("a-1")->modifyIndex);
  }

  void changeOfOneServiceLeavesOthersAlone() {
    add("a-1", "a", 10s);
    add("b-1", "b", 10s);
    store_->takeChanges();
    store_->updateCheck("service:b-1", Health::kPassing, "", now_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{101}, healthIndex("a"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{103}, healthIndex("b"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{102}, store_->servicesIndex());
    CPPUNIT_ASSERT(store_->takeChanges() ==
                   Topics({topic::kChecks, topic::health("b"), topic::checks("b")}));
  }

  void namesAreFoundInAnyCase() {
    add("A-2", "Greeter", 10s);
    add("a-1", "greeter", 10s);
    const auto found = store_->instancesOf("GREETER");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
    CPPUNIT_ASSERT_EQUAL(std::string("a-1"), found[0]->id);
    CPPUNIT_ASSERT_EQUAL(topic::health("greeter"), topic::health("GREETER"));
    CPPUNIT_ASSERT(!store_->findService("A-1"));  // ids are exact
  }

  void renamedInstanceLeavesItsOldName() {
    add("id", "old", 10s);
    store_->takeChanges();
    store_->registerService(instance("id", "new"), {}, AgentStore::OtherChecks::kKeep, now_);
    CPPUNIT_ASSERT(store_->instancesOf("old").empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->instancesOf("new").size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{102}, healthIndex("old"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{102}, healthIndex("new"));
    CPPUNIT_ASSERT_EQUAL(std::string("new"), store_->checks().at("service:id").serviceName);
    const Topics changes = store_->takeChanges();
    CPPUNIT_ASSERT(changes.count(topic::health("old")) == 1);
    CPPUNIT_ASSERT(changes.count(topic::health("new")) == 1);
  }

  void deregistrationTakesChecksAlong() {
    add("a-1", "a", 10s);
    store_->takeChanges();
    store_->deregisterService("a-1");
    CPPUNIT_ASSERT(!store_->findService("a-1"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->checks().size());
    CPPUNIT_ASSERT(!store_->nextDeadline());
    CPPUNIT_ASSERT(store_->takeChanges() ==
                   Topics({topic::kServices, topic::kChecks, topic::instances("a"),
                           topic::health("a"), topic::checks("a")}));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{102}, store_->servicesIndex());
  }

  void deregistrationOfTheUnknownIsSilent() {
    store_->deregisterService("nobody");
    store_->deregisterCheck("nothing");
    CPPUNIT_ASSERT(store_->takeChanges().empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, store_->servicesIndex());
  }

  void unknownServiceHasTheHighestIndexUntilOneHasGone() {
    add("a-1", "a", 10s);
    store_->updateCheck("service:a-1", Health::kPassing, "", now_);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{102}, healthIndex("nobody"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{101},
                         store_->serviceIndex("nobody", AgentStore::Including::kInstances));
    store_->deregisterService("a-1");
    add("b-1", "b", 10s);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{103}, healthIndex("nobody"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{103}, healthIndex("a"));
  }

  void indexOfAServiceNeverGoesBackWhenItComesAndGoes() {
    std::uint64_t last = 0;
    const auto rises = [&] {
      const bool risen = healthIndex("a") > last;
      last = healthIndex("a");
      return risen;
    };
    CPPUNIT_ASSERT(rises());
    for (int i = 0; i < 3; ++i) {
      add("a-1", "a", 10s);
      CPPUNIT_ASSERT(rises());
      add("a-2", "a", 10s);
      CPPUNIT_ASSERT(rises());
      store_->deregisterService("a-1");
      CPPUNIT_ASSERT(rises());
      store_->deregisterService("a-2");
      CPPUNIT_ASSERT(rises());
    }
  }

  void checkStartsCriticalAndPassesWhenTold() {
    add("a-1", "a", 10s);
    CPPUNIT_ASSERT(!passing("a-1"));
    CPPUNIT_ASSERT(store_->updateCheck("service:a-1", Health::kPassing, "fine", now_));
    CPPUNIT_ASSERT(passing("a-1"));
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), check("service:a-1").publishedOutput);
    store_->updateCheck("service:a-1", Health::kWarning, "", now_);
    CPPUNIT_ASSERT(!passing("a-1"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{103}, healthIndex("a"));
  }

  void checkOfTheNodeConcernsEveryService() {
    add("a-1", "a", 10s);
    store_->updateCheck("service:a-1", Health::kPassing, "", now_);
    store_->takeChanges();
    CheckDefinition disk = ttlCheck("", 10s);
    disk.id = disk.name = "disk";
    store_->registerCheck(disk, now_);
    CPPUNIT_ASSERT(!passing("a-1"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{103}, healthIndex("a"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{103}, healthIndex("consul"));
    CPPUNIT_ASSERT(store_->takeChanges() ==
                   Topics({topic::kChecks, topic::health("a"), topic::health("consul")}));
    store_->deregisterCheck("disk");
    CPPUNIT_ASSERT(passing("a-1"));
  }

  void registrationKeepsHealthAndTextOfAKnownCheck() {
    add("a-1", "a", 10s);
    store_->updateCheck("service:a-1", Health::kPassing, "fine", now_);
    store_->takeChanges();
    CheckDefinition again = ttlCheck("a-1", 10s);
    again.health = Health::kWarning;
    store_->registerService(instance("a-1", "a"), {again}, AgentStore::OtherChecks::kKeep, now_);
    CPPUNIT_ASSERT(passing("a-1"));
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), check("service:a-1").output);
    CPPUNIT_ASSERT(store_->takeChanges().empty());
  }

  void registrationStartsTheTtlAnew() {
    add("a-1", "a", 10s);
    store_->updateCheck("service:a-1", Health::kPassing, "fine", now_);
    now_ += 9s;
    add("a-1", "a", 10s);
    CPPUNIT_ASSERT(store_->nextDeadline() == now_ + 10s);
    expireAt(now_ + 10s);
    // The report was made to the check before: the new one has had none.
    CPPUNIT_ASSERT_EQUAL(std::string("TTL expired"), check("service:a-1").output);
  }

  void othersChecksAreKeptOrRemoved() {
    CheckDefinition extra = ttlCheck("a-1", 10s);
    extra.id = "extra";
    store_->registerService(instance("a-1", "a"), {ttlCheck("a-1", 10s), extra},
                            AgentStore::OtherChecks::kKeep, now_);
    add("a-1", "a", 10s);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->checksOf("a-1").size());
    store_->takeChanges();
    store_->registerService(instance("a-1", "a"), {ttlCheck("a-1", 10s)},
                            AgentStore::OtherChecks::kRemove, now_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->checksOf("a-1").size());
    CPPUNIT_ASSERT(store_->takeChanges().count(topic::health("a")) == 1);
  }

  void checkMovesBetweenServices() {
    add("a-1", "a", 10s);
    add("b-1", "b", 10s);
    CheckDefinition moved = ttlCheck("b-1", 10s);
    moved.id = "service:a-1";
    store_->takeChanges();
    store_->registerCheck(moved, now_);
    const Topics changes = store_->takeChanges();
    CPPUNIT_ASSERT(changes.count(topic::health("a")) == 1);
    CPPUNIT_ASSERT(changes.count(topic::health("b")) == 1);
    CPPUNIT_ASSERT(store_->checksOf("a-1").empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->checksOf("b-1").size());
    store_->deregisterService("a-1");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->checksOf("b-1").size());
  }

  void unknownAndBuiltInChecksCannotBeUpdated() {
    CPPUNIT_ASSERT(!store_->updateCheck("nothing", Health::kPassing, "", now_));
    CPPUNIT_ASSERT(!store_->updateCheck("serfHealth", Health::kCritical, "", now_));
    CPPUNIT_ASSERT(store_->passing(*store_->findService("consul")));
  }

  void changedTextAloneIsPublishedLate() {
    add("a-1", "a", 1h);
    store_->updateCheck("service:a-1", Health::kPassing, "one", now_);
    store_->takeChanges();
    store_->updateCheck("service:a-1", Health::kPassing, "two", now_);
    CPPUNIT_ASSERT(store_->takeChanges().empty());
    CPPUNIT_ASSERT_EQUAL(std::string("two"), check("service:a-1").output);
    CPPUNIT_ASSERT_EQUAL(std::string("one"), check("service:a-1").publishedOutput);
    expireAt(now_ + 5min);
    CPPUNIT_ASSERT_EQUAL(std::string("two"), check("service:a-1").publishedOutput);
    CPPUNIT_ASSERT(store_->takeChanges().count(topic::health("a")) == 1);
  }

  void changedTextIsPublishedWithTheNextHealth() {
    add("a-1", "a", 1h);
    store_->updateCheck("service:a-1", Health::kCritical, "one", now_);
    CPPUNIT_ASSERT_EQUAL(std::string(), check("service:a-1").publishedOutput);
    store_->updateCheck("service:a-1", Health::kPassing, "two", now_);
    CPPUNIT_ASSERT_EQUAL(std::string("two"), check("service:a-1").publishedOutput);
    store_->takeChanges();
    expireAt(now_ + 10min);  // nothing is left to publish
    CPPUNIT_ASSERT(store_->takeChanges().empty());
  }

  void longTextIsCut() {
    add("a-1", "a", 10s);
    store_->updateCheck("service:a-1", Health::kPassing, std::string(5000, 'x'), now_);
    CPPUNIT_ASSERT_EQUAL(std::string(4096, 'x') + " ... (captured 4096 of 5000 bytes)",
                         check("service:a-1").output);
    store_->updateCheck("service:a-1", Health::kPassing, std::string(4096, 'x'), now_);
    CPPUNIT_ASSERT_EQUAL(std::string(4096, 'x'), check("service:a-1").output);
  }

  void ttlTurnsTheCheckCriticalAtItsTime() {
    add("a-1", "a", 10s);
    store_->updateCheck("service:a-1", Health::kPassing, "", now_);
    store_->takeChanges();
    expireAt(now_ + 10s - 1ns);
    CPPUNIT_ASSERT(passing("a-1"));
    CPPUNIT_ASSERT(store_->takeChanges().empty());
    expireAt(now_ + 10s);
    CPPUNIT_ASSERT(check("service:a-1").health == Health::kCritical);
    CPPUNIT_ASSERT_EQUAL(std::string("TTL expired"), check("service:a-1").publishedOutput);
    CPPUNIT_ASSERT(store_->takeChanges().count(topic::health("a")) == 1);
    CPPUNIT_ASSERT(!store_->nextDeadline());
  }

  void ttlQuotesTheLastReport() {
    add("a-1", "a", 10s);
    store_->updateCheck("service:a-1", Health::kPassing, "all fine", now_);
    expireAt(now_ + 10s);
    CPPUNIT_ASSERT_EQUAL(std::string("TTL expired (last output before timeout follows): all fine"),
                         check("service:a-1").output);
  }

  void reportStartsTheTtlAnew() {
    add("a-1", "a", 10s);
    expireAt(now_ + 10s);
    store_->updateCheck("service:a-1", Health::kPassing, "", now_ + 11s);
    CPPUNIT_ASSERT(passing("a-1"));
    CPPUNIT_ASSERT(store_->nextDeadline() == now_ + 21s);
    store_->updateCheck("service:a-1", Health::kPassing, "", now_ + 15s);
    CPPUNIT_ASSERT(store_->nextDeadline() == now_ + 25s);
  }

  void ttlUpToTheEndOfTimeIsHarmless() {
    add("a-1", "a", std::chrono::nanoseconds::max());
    store_->updateCheck("service:a-1", Health::kPassing, "", now_);
    expireAt(now_ + std::chrono::hours(24 * 365));
    CPPUNIT_ASSERT(passing("a-1"));
  }

  void criticalServiceIsDeregisteredAfterItsTime() {
    addFleeting("a-1", 2min);
    store_->updateCheck("service:a-1", Health::kPassing, "", now_);
    expireAt(now_ + 10s);  // critical from here on
    expireAt(now_ + 10s + 2min - 1ns);
    CPPUNIT_ASSERT(store_->findService("a-1"));
    store_->takeChanges();
    expireAt(now_ + 10s + 2min);
    CPPUNIT_ASSERT(!store_->findService("a-1"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->checks().size());
    CPPUNIT_ASSERT(store_->takeChanges().count(topic::instances("a")) == 1);
  }

  void deregistrationWaitsAMinuteAtLeast() {
    addFleeting("a-1", 1s);
    store_->updateCheck("service:a-1", Health::kCritical, "", now_);
    expireAt(now_ + 59s);
    CPPUNIT_ASSERT(store_->findService("a-1"));
    expireAt(now_ + 60s);
    CPPUNIT_ASSERT(!store_->findService("a-1"));
  }

  void recoveryStopsTheDeregistration() {
    addFleeting("a-1", 1min);
    store_->updateCheck("service:a-1", Health::kCritical, "", now_);
    store_->updateCheck("service:a-1", Health::kPassing, "", now_ + 5s);
    CPPUNIT_ASSERT(store_->nextDeadline() == now_ + 15s);  // the TTL alone
    expireAt(now_ + 15s);
    expireAt(now_ + 15s + 1min - 1ns);
    CPPUNIT_ASSERT(store_->findService("a-1"));
  }

  void serviceThatNeverReportedIsDeregisteredAfterItsTtl() {
    addFleeting("a-1", 1min);
    CPPUNIT_ASSERT(store_->nextDeadline() == now_ + 10s);
    expireAt(now_ + 10s);
    CPPUNIT_ASSERT(store_->nextDeadline() == now_ + 70s);
    expireAt(now_ + 70s);
    CPPUNIT_ASSERT(!store_->findService("a-1"));
  }

  void severalDeadlinesAreDoneInOneGo() {
    CheckDefinition first = ttlCheck("a-1", 1s), second = ttlCheck("a-1", 2s);
    first.deregisterAfter = second.deregisterAfter = 1min;
    second.id = "second";
    store_->registerService(instance("a-1", "a"), {first, second}, AgentStore::OtherChecks::kKeep,
                            now_);
    add("b-1", "b", 1s);
    store_->updateCheck("service:a-1", Health::kCritical, "", now_);
    store_->updateCheck("second", Health::kCritical, "", now_);
    expireAt(now_ + 1h);
    CPPUNIT_ASSERT(!store_->findService("a-1"));
    CPPUNIT_ASSERT(check("service:b-1").health == Health::kCritical);
    CPPUNIT_ASSERT_EQUAL(std::string("TTL expired"), check("service:b-1").output);
  }

 private:
  static ServiceInstance instance(const std::string& id, const std::string& name) {
    ServiceInstance service;
    service.id = id;
    service.name = name;
    return service;
  }

  static CheckDefinition ttlCheck(const std::string& serviceId, std::chrono::nanoseconds ttl) {
    CheckDefinition check;
    check.id = "service:" + serviceId;
    check.name = "check";
    check.serviceId = serviceId;
    check.ttl = ttl;
    return check;
  }

  void add(const std::string& id, const std::string& name, std::chrono::nanoseconds ttl) {
    store_->registerService(instance(id, name), {ttlCheck(id, ttl)}, AgentStore::OtherChecks::kKeep,
                            now_);
  }

  // A service `a` with a TTL of 10 s that wants to be deregistered.
  void addFleeting(const std::string& id, std::chrono::nanoseconds deregisterAfter) {
    CheckDefinition definition = ttlCheck(id, 10s);
    definition.deregisterAfter = deregisterAfter;
    store_->registerService(instance(id, "a"), {definition}, AgentStore::OtherChecks::kKeep, now_);
  }

  void expireAt(AgentStore::TimePoint when) { store_->expire(when); }
  bool passing(const std::string& id) { return store_->passing(*store_->findService(id)); }
  const StoredCheck& check(const std::string& id) { return store_->checks().at(id); }
  std::uint64_t healthIndex(const std::string& name) {
    return store_->serviceIndex(name, AgentStore::Including::kChecks);
  }

  std::unique_ptr<AgentStore> store_;
  AgentStore::TimePoint now_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(AgentStoreTest);

}  // namespace evmicro::detail
