#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/registry.h>

namespace evmicro::test {

/// A loop, a registry on it, and blocking forms of its functions.
class RegistryFixture : public CppUnit::TestFixture {
 public:
  void setUp() override;
  void tearDown() override;

 protected:
  /// Called once for each test, when the loop exists. Anything else that the registry needs must
  /// live until tearDown().
  virtual std::unique_ptr<Registry> makeRegistry(EventLoop& loop) = 0;

  Status announce(const ServiceInfo& service, std::chrono::milliseconds ttl = {});
  Status renew(const ServiceInfo& service);
  Status deregister(const ServiceInfo& service);
  Result<std::vector<ServiceInfo>> get(const std::string& name);
  Result<std::vector<std::string>> list();
  bool found(const std::string& name) { return get(name).ok(); }
  /// Looks up the service until it is no longer found; false after 20 s.
  bool vanishes(const std::string& name);
  bool turnUntil(const std::function<bool()>& done);

  /// The values reported by follow() and followNames(): `name-id:version` of each node, or the
  /// names, separated by blanks; "error" for an error.
  struct Told {
    std::vector<std::string> news;
    Subscription token;
    const std::string& last() const { return news.back(); }
  };
  std::unique_ptr<Told> follow(const std::string& name);
  std::unique_ptr<Told> followNames();
  /// Waits until the last reported value is `text`.
  bool tells(const Told& told, const std::string& text);

  /// A service of one node, `name-id` at 127.0.0.1:port.
  static ServiceInfo service(const std::string& name, const std::string& id = "1",
                             const std::string& version = "1.0", std::uint16_t port = 9000);

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Registry> registry_;

 private:
  template <typename Outcome>
  Outcome waitFor(const std::function<Call(std::function<void(Outcome)>)>& start);
};

/// Contract of every registry. The suite of an implementation derives from this one
/// (CPPUNIT_TEST_SUB_SUITE) and overrides makeRegistry().
class RegistryContract : public RegistryFixture {
  CPPUNIT_TEST_SUITE(RegistryContract);
  CPPUNIT_TEST(serviceIsFoundWithAllItsData);
  CPPUNIT_TEST(awkwardTextSurvives);
  CPPUNIT_TEST(awkwardNamesWork);
  CPPUNIT_TEST(namesThatPathsLoseAreInvalid);
  CPPUNIT_TEST(ipv6AddressIsDialable);
  CPPUNIT_TEST(unknownServiceIsNotFound);
  CPPUNIT_TEST(nodesAreGroupedByVersion);
  CPPUNIT_TEST(severalNodesAreAnnouncedAtOnce);
  CPPUNIT_TEST(announcingAgainReplaces);
  CPPUNIT_TEST(announcingUnderAnotherNameMoves);
  CPPUNIT_TEST(deregisteredNodeIsGone);
  CPPUNIT_TEST(deregisteringTheUnknownIsNoError);
  CPPUNIT_TEST(deregisteringGoesOnToEveryNode);
  CPPUNIT_TEST(ttlEndsARegistration);
  CPPUNIT_TEST(renewalKeepsARegistration);
  CPPUNIT_TEST(renewingTheUnknownIsNotFound);
  CPPUNIT_TEST(renewingWithoutTtlIsNotFound);
  CPPUNIT_TEST(listIsSortedAndComplete);
  CPPUNIT_TEST(incompleteServicesAreInvalid);
  CPPUNIT_TEST(nothingRunsInsideTheCall);
  CPPUNIT_TEST(droppedCallsAreSilent);
  CPPUNIT_TEST(callsMayOutliveTheRegistry);
  CPPUNIT_TEST(callbackMayDropItsCall);
  CPPUNIT_TEST(callbackMayDestroyTheRegistry);
  CPPUNIT_TEST(callbackMayAskAgain);
  CPPUNIT_TEST(manyAtOnce);
  CPPUNIT_TEST(followerLearnsWhatIsKnownAndWhatChanges);
  CPPUNIT_TEST(followerLearnsOfAnEndedTtl);
  CPPUNIT_TEST(followerLearnsOfNewData);
  CPPUNIT_TEST(followersOfOneNameShareAndLateOnesAreTold);
  CPPUNIT_TEST(whatChangesNothingIsNotTold);
  CPPUNIT_TEST(followerOfNamesLearnsOfEach);
  CPPUNIT_TEST(followedValuesAreSortedAndWhole);
  CPPUNIT_TEST(noFollowerRunsInsideACall);
  CPPUNIT_TEST(droppedFollowersAreSilent);
  CPPUNIT_TEST(followersMayOutliveTheRegistry);
  CPPUNIT_TEST(followerMayDropItsToken);
  CPPUNIT_TEST(followerMayDestroyTheRegistry);
  CPPUNIT_TEST(followerMayFollowAgain);
  CPPUNIT_TEST(manyAreFollowedAtOnce);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void serviceIsFoundWithAllItsData();
  void awkwardTextSurvives();
  void awkwardNamesWork();
  void namesThatPathsLoseAreInvalid();
  void ipv6AddressIsDialable();
  void unknownServiceIsNotFound();
  void nodesAreGroupedByVersion();
  void severalNodesAreAnnouncedAtOnce();
  void announcingAgainReplaces();
  void announcingUnderAnotherNameMoves();
  void deregisteredNodeIsGone();
  void deregisteringTheUnknownIsNoError();
  void deregisteringGoesOnToEveryNode();
  void ttlEndsARegistration();
  void renewalKeepsARegistration();
  void renewingTheUnknownIsNotFound();
  void renewingWithoutTtlIsNotFound();
  void listIsSortedAndComplete();
  void incompleteServicesAreInvalid();
  void nothingRunsInsideTheCall();
  void droppedCallsAreSilent();
  void callsMayOutliveTheRegistry();
  void callbackMayDropItsCall();
  void callbackMayDestroyTheRegistry();
  void callbackMayAskAgain();
  void manyAtOnce();
  void followerLearnsWhatIsKnownAndWhatChanges();
  void followerLearnsOfAnEndedTtl();
  void followerLearnsOfNewData();
  void followersOfOneNameShareAndLateOnesAreTold();
  void whatChangesNothingIsNotTold();
  void followerOfNamesLearnsOfEach();
  void followedValuesAreSortedAndWhole();
  void noFollowerRunsInsideACall();
  void droppedFollowersAreSilent();
  void followersMayOutliveTheRegistry();
  void followerMayDropItsToken();
  void followerMayDestroyTheRegistry();
  void followerMayFollowAgain();
  void manyAreFollowedAtOnce();
};

}  // namespace evmicro::test
