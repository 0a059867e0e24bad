#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/broker.h>
#include <evmicro/event_loop.h>

namespace evmicro::test {

/// A loop, a broker on it, and blocking forms of its functions.
class BrokerFixture : public CppUnit::TestFixture {
 public:
  void setUp() override;
  void tearDown() override;

 protected:
  /// Called once for each test, when the loop exists. Anything else that the broker needs must live
  /// until tearDown().
  virtual std::unique_ptr<Broker> makeBroker(EventLoop& loop) = 0;
  /// Waits until a message published to `topic` reaches `count` subscriptions (usually those that
  /// are ready). Brokers that need no time for this need not override it.
  virtual void awaitSubscriptions(const std::string& topic, std::size_t count);

  /// How many deliveries a message to this many subscriptions counts as.
  virtual std::size_t deliveries(std::size_t subscriptions) const { return subscriptions; }

  /// Subscribes and waits until the subscription receives messages.
  Subscription subscribe(const std::string& topic, Broker::Handler handler,
                         const std::string& queue = {});
  /// The same, with a handler that appends the bodies to `bodies`.
  Subscription collect(const std::string& topic, std::vector<std::string>& bodies,
                       const std::string& queue = {});
  /// Ends a subscription to `topic` and waits until publishers know.
  void unsubscribe(const std::string& topic, Subscription& subscription);
  /// Publishes and waits for the result.
  Result<PublishResult> publish(const std::string& topic, const std::string& body);
  Result<PublishResult> publish(const std::string& topic, BrokerMessage message);
  void stop();
  bool turnUntil(const std::function<bool()>& done);

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Broker> broker_;

 private:
  std::map<std::string, std::size_t> subscriptions_;  // by topic
};

/// Contract of every Broker.
class BrokerContract : public BrokerFixture {
  CPPUNIT_TEST_SUITE(BrokerContract);
  CPPUNIT_TEST(everySubscriberGetsABroadcast);
  CPPUNIT_TEST(aQueueSharesWithoutLossOrDuplicates);
  CPPUNIT_TEST(broadcastsAndAllQueuesAreServed);
  CPPUNIT_TEST(headersAndBodyArriveAsTheyWere);
  CPPUNIT_TEST(topicHeaderIsTheBrokers);
  CPPUNIT_TEST(orderIsKept);
  CPPUNIT_TEST(nobodyListensIsSuccess);
  CPPUNIT_TEST(otherTopicsAreNotReached);
  CPPUNIT_TEST(resultNamesEachSubscription);
  CPPUNIT_TEST(publishingWithoutCallbackWorks);
  CPPUNIT_TEST(unsubscribedHandlerIsNotCalled);
  CPPUNIT_TEST(handlerMayUnsubscribeItself);
  CPPUNIT_TEST(handlerMayUnsubscribeAnother);
  CPPUNIT_TEST(handlerMayPublishAndSubscribe);
  CPPUNIT_TEST(handlerMayDestroyTheBroker);
  CPPUNIT_TEST(doneMayDestroyTheBroker);
  CPPUNIT_TEST(readyMayDestroyTheBroker);
  CPPUNIT_TEST(stoppedMayDestroyTheBroker);
  CPPUNIT_TEST(nothingRunsInsideTheCall);
  CPPUNIT_TEST(nothingRunsAfterDestruction);
  CPPUNIT_TEST(tokenMayOutliveTheBroker);
  CPPUNIT_TEST(tokenDroppedAtOnceIsNeverReady);
  CPPUNIT_TEST(aTopicNeedsAName);
  CPPUNIT_TEST(aSubscriptionNeedsAHandler);
  CPPUNIT_TEST(withdrawnSubscriptionsHandleWhatStillComes);
  CPPUNIT_TEST(withdrawnBrokerStillPublishes);
  CPPUNIT_TEST(stopSendsWhatIsQueued);
  CPPUNIT_TEST(stopEndsSubscriptions);
  CPPUNIT_TEST(stopMayBeAskedTwice);
  CPPUNIT_TEST(stoppedBrokerRefuses);
  CPPUNIT_TEST(countersCount);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void everySubscriberGetsABroadcast();
  void aQueueSharesWithoutLossOrDuplicates();
  void broadcastsAndAllQueuesAreServed();
  void headersAndBodyArriveAsTheyWere();
  void topicHeaderIsTheBrokers();
  void orderIsKept();
  void nobodyListensIsSuccess();
  void otherTopicsAreNotReached();
  void resultNamesEachSubscription();
  void publishingWithoutCallbackWorks();
  void unsubscribedHandlerIsNotCalled();
  void handlerMayUnsubscribeItself();
  void handlerMayUnsubscribeAnother();
  void handlerMayPublishAndSubscribe();
  void handlerMayDestroyTheBroker();
  void doneMayDestroyTheBroker();
  void readyMayDestroyTheBroker();
  void stoppedMayDestroyTheBroker();
  void nothingRunsInsideTheCall();
  void nothingRunsAfterDestruction();
  void tokenMayOutliveTheBroker();
  void tokenDroppedAtOnceIsNeverReady();
  void aTopicNeedsAName();
  void aSubscriptionNeedsAHandler();
  void withdrawnSubscriptionsHandleWhatStillComes();
  void withdrawnBrokerStillPublishes();
  void stopSendsWhatIsQueued();
  void stopEndsSubscriptions();
  void stopMayBeAskedTwice();
  void stoppedBrokerRefuses();
  void countersCount();
};

/// Contract of a Broker with a bounded queue for each subscription. Make it with the limit
/// kQueueLimit.
class BrokerQueueContract : public BrokerContract {
  CPPUNIT_TEST_SUB_SUITE(BrokerQueueContract, BrokerContract);
  CPPUNIT_TEST(fullQueueDropsAndTells);
  CPPUNIT_TEST(queueIsBoundedForEachSubscription);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  static constexpr std::size_t kQueueLimit = 8;

  void fullQueueDropsAndTells();
  void queueIsBoundedForEachSubscription();
};

}  // namespace evmicro::test
