// The registration of a server, against a registry that answers when the test says so.
#include "registry/registrar.h"

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/captured_log.h"
#include "support/manual_clock.h"

namespace evmicro::detail {

using namespace std::chrono_literals;

namespace {

// Notes what is asked, in order. Answers are owed until the test gives them; of what has been
// cancelled nobody hears.
class SlowRegistry final : public Registry {
 public:
  std::string_view name() const override { return "slow"; }
  std::string address() const override { return {}; }
  Call registerService(const ServiceInfo&, RegisterOptions, Done done) override {
    return ask("register", std::move(done));
  }
  Call renew(const ServiceInfo&, Done done) override { return ask("renew", std::move(done)); }
  Call deregister(const ServiceInfo&, Done done) override {
    return ask("deregister", std::move(done));
  }
  Call getService(std::string_view, Found) override { return {}; }
  Call listServices(Listed) override { return {}; }
  Subscription follow(std::string_view, Changed) override { return {}; }
  Subscription followNames(NamesChanged) override { return {}; }

  void answer(Status status = {}) {
    CPPUNIT_ASSERT(!owed_.empty());
    const auto done = owed_.front().lock();
    owed_.pop_front();
    if (done) (*done)(std::move(status));
  }

  std::string asked;

 private:
  Call ask(const char* what, Done done) {
    asked += std::string(what) + " ";
    auto owed = std::make_shared<Done>(std::move(done));
    owed_.push_back(owed);
    return Call(std::move(owed));
  }

  std::deque<std::weak_ptr<Done>> owed_;
};

}  // namespace

class RegistrarTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RegistrarTest);
  CPPUNIT_TEST(registersAndRenews);
  CPPUNIT_TEST(failedAnnouncementIsRepeated);
  CPPUNIT_TEST(pausesAreNeverLongerThanAHeartbeat);
  CPPUNIT_TEST(failedRenewalRegistersAtOnce);
  CPPUNIT_TEST(aRefusedRenewalMeansNotRegistered);
  CPPUNIT_TEST(anUnreachableRegistryHasTheNodeUntilItsTtlEnds);
  CPPUNIT_TEST(aRenewalWithoutAnswerLeavesItRegistered);
  CPPUNIT_TEST(withoutTtlItStaysRegistered);
  CPPUNIT_TEST(failuresAreCounted);
  CPPUNIT_TEST(withoutTtlItAnnouncesAgain);
  CPPUNIT_TEST(deregistersAfterAnAnnouncementNeverBesideIt);
  CPPUNIT_TEST(deregistersAfterARepeatedAnnouncement);
  CPPUNIT_TEST(deregistersAlsoAfterAFailedAnnouncement);
  CPPUNIT_TEST(deregistersInsteadOfARenewal);
  CPPUNIT_TEST(failedDeregistrationStillEnds);
  CPPUNIT_TEST(destroyedItIsSilent);
  CPPUNIT_TEST(heartbeatsComeAfterNineTenthsOfTheirTimeOrMore);
  CPPUNIT_TEST(heartbeatsComeTwiceInATtlAtLeast);
  CPPUNIT_TEST(pausesDoubleFromAQuarterOfASecond);
  CPPUNIT_TEST(pausesBeginAnewAfterASuccess);
  CPPUNIT_TEST(renewalsKeepItRegistered);
  CPPUNIT_TEST(stoppedItSendsNoHeartbeat);
  CPPUNIT_TEST(stoppedItIsNotRegistered);
  CPPUNIT_TEST(aTroubleIsToldOnceAndItsEnd);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    registry_ = std::make_unique<SlowRegistry>();
    registered_ = stopped_ = 0;
    make(30s);
  }
  void tearDown() override {
    registrar_.reset();
    registry_.reset();
    loop_.reset();
    clock_.reset();
  }

  void registersAndRenews() {
    start();
    CPPUNIT_ASSERT_EQUAL(0, registered_);
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(1, registered_);
    CPPUNIT_ASSERT(registrar_->registered());
    await("register renew ");
    registry_->answer();
    await("register renew renew ");
    CPPUNIT_ASSERT_EQUAL(1, registered_);
  }

  void failedAnnouncementIsRepeated() {
    start();
    registry_->answer(Status::unavailable("away"));
    CPPUNIT_ASSERT(!registrar_->registered());
    await("register register ");
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(1, registered_);
  }

  // Doubling all the time they would make a minute.
  void pausesAreNeverLongerThanAHeartbeat() {
    start();
    std::string asked = "register ";
    for (int i = 0; i < 8; ++i) {
      registry_->answer(Status::unavailable("away"));
      await(asked += "register ");
    }
    registry_->answer();
    CPPUNIT_ASSERT(registrar_->registered());
  }

  void failedRenewalRegistersAtOnce() {
    start();
    registry_->answer();
    await("register renew ");
    registry_->answer(Status::notFound("forgotten"));
    CPPUNIT_ASSERT_EQUAL(std::string("register renew register "), registry_->asked);
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(1, registered_);  // told once
  }

  void aRefusedRenewalMeansNotRegistered() {
    start();
    registry_->answer();
    await("register renew ");
    registry_->answer(Status::notFound("forgotten"));
    CPPUNIT_ASSERT(!registrar_->registered());
    registry_->answer();
    CPPUNIT_ASSERT(registrar_->registered());
  }

  void anUnreachableRegistryHasTheNodeUntilItsTtlEnds() {
    make(300ms);
    start();
    registry_->answer();
    const auto confirmed = EventLoop::now();
    await("register renew ");
    registry_->answer(Status::unavailable("away"));
    clock_->skip(confirmed + 300ms - 1us - EventLoop::now());
    CPPUNIT_ASSERT(registrar_->registered());
    clock_->skip(1us);
    CPPUNIT_ASSERT(!registrar_->registered());
  }

  void aRenewalWithoutAnswerLeavesItRegistered() {
    start();
    registry_->answer();
    await("register renew ");
    registry_->answer(Status::timeout("no answer"));
    CPPUNIT_ASSERT(registrar_->registered());
    registry_->answer(Status::internal("no leader"));
    CPPUNIT_ASSERT(registrar_->registered());
  }

  void withoutTtlItStaysRegistered() {
    make(0s, 100s);
    start();
    CPPUNIT_ASSERT(!registrar_->registered());
    registry_->answer();
    clock_->skip(24h);
    CPPUNIT_ASSERT(registrar_->registered());
  }

  void failuresAreCounted() {
    start();
    registry_->answer(Status::unavailable("away"));
    await("register register ");
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), registrar_->failures());
    await("register register renew ");
    registry_->answer(Status::timeout("no answer"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(2), registrar_->failures());
  }

  void withoutTtlItAnnouncesAgain() {
    make(0s);
    start();
    registry_->answer();
    await("register register ");
  }

  // The two raced to the registry on different connections, and the node could stay.
  void deregistersAfterAnAnnouncementNeverBesideIt() {
    start();
    stop();
    CPPUNIT_ASSERT_EQUAL(std::string("register "), registry_->asked);
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(std::string("register deregister "), registry_->asked);
    CPPUNIT_ASSERT_EQUAL(0, stopped_);
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(1, stopped_);
    CPPUNIT_ASSERT_EQUAL(0, registered_);
  }

  void deregistersAfterARepeatedAnnouncement() {
    make(0s);
    start();
    registry_->answer();
    await("register register ");
    stop();
    CPPUNIT_ASSERT_EQUAL(std::string("register register "), registry_->asked);
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(std::string("register register deregister "), registry_->asked);
    make(0s);
    start();
    registry_->answer();
    await("register register ");
    registry_->answer();
    stop();  // nothing is under way
    CPPUNIT_ASSERT_EQUAL(std::string("register register deregister "), registry_->asked);
  }

  void deregistersAlsoAfterAFailedAnnouncement() {
    start();
    stop();
    registry_->answer(Status::timeout("no answer"));  // it may have arrived all the same
    CPPUNIT_ASSERT_EQUAL(std::string("register deregister "), registry_->asked);
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(1, stopped_);
  }

  void deregistersInsteadOfARenewal() {
    start();
    registry_->answer();
    await("register renew ");
    stop();
    CPPUNIT_ASSERT_EQUAL(std::string("register renew deregister "), registry_->asked);
    registry_->answer(Status::notFound("forgotten"));  // the renewal: nobody waits for it
    CPPUNIT_ASSERT_EQUAL(std::string("register renew deregister "), registry_->asked);
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(1, stopped_);
  }

  void failedDeregistrationStillEnds() {
    start();
    registry_->answer();
    stop();
    registry_->answer(Status::unavailable("away"));
    CPPUNIT_ASSERT_EQUAL(1, stopped_);
    CPPUNIT_ASSERT_EQUAL(std::string("register deregister "), registry_->asked);
  }

  void destroyedItIsSilent() {
    start();
    registrar_.reset();
    registry_->answer();
    CPPUNIT_ASSERT_EQUAL(0, registered_);
  }

  void heartbeatsComeAfterNineTenthsOfTheirTimeOrMore() {
    make(1h, 100s);
    expectHeartbeats(90s, 100s);
    make(1h, 0s);  // not said
    expectHeartbeats(9s, 10s);
    make(1h, -1s);
    expectHeartbeats(9s, 10s);
  }

  void heartbeatsComeTwiceInATtlAtLeast() {
    make(20s, 100s);
    expectHeartbeats(9s, 10s);
    make(20s, 4s);
    expectHeartbeats(3'600ms, 4s);
    make(1ms, 100s);
    expectHeartbeats(1ms, 1ms);
    make(0s, 100s);  // for ever: there is nothing to lose
    expectHeartbeats(90s, 100s);
  }

  void pausesDoubleFromAQuarterOfASecond() {
    std::set<std::chrono::nanoseconds> first;
    for (int round = 0; round < 20; ++round) {
      make(1h, 1'500ms);
      start();
      for (const auto longest : {250ms, 500ms, 1'000ms, 1'500ms, 1'500ms}) {
        const auto pause =
            untilAskedAfter([this] { registry_->answer(Status::unavailable("away")); });
        CPPUNIT_ASSERT(pause >= longest / 2 && pause <= longest);
        if (longest == 250ms) first.insert(pause);
      }
    }
    CPPUNIT_ASSERT(first.size() > 5);
  }

  void pausesBeginAnewAfterASuccess() {
    make(1h, 100s);
    start();
    for (int i = 0; i < 5; ++i)
      untilAskedAfter([this] { registry_->answer(Status::timeout("x")); });
    untilAskedAfter([this] { registry_->answer(); });
    registry_->answer(Status::notFound("forgotten"));
    const auto pause = untilAskedAfter([this] { registry_->answer(Status::unavailable("x")); });
    CPPUNIT_ASSERT(pause <= 250ms);
  }

  void renewalsKeepItRegistered() {
    make(1s, 100s);
    start();
    registry_->answer();
    await("register renew ");
    registry_->answer();
    clock_->skip(1s - 1us);
    CPPUNIT_ASSERT(registrar_->registered());
    clock_->skip(1us);
    CPPUNIT_ASSERT(!registrar_->registered());
  }

  void stoppedItSendsNoHeartbeat() {
    start();
    registry_->answer();
    stop();
    registry_->answer();
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(std::string("register deregister "), registry_->asked);
  }

  void stoppedItIsNotRegistered() {
    start();
    registry_->answer();
    CPPUNIT_ASSERT(registrar_->registered());
    stop();
    CPPUNIT_ASSERT(!registrar_->registered());
  }

  void aTroubleIsToldOnceAndItsEnd() {
    const test::CapturedLog log("registry");
    make(1h, 100s);
    start();
    for (int i = 0; i < 3; ++i) {
      untilAskedAfter([this] { registry_->answer(Status::unavailable("away")); });
    }
    untilAskedAfter([this] { registry_->answer(); });
    registry_->answer(Status::notFound("forgotten"));
    registry_->answer();
    stop();
    registry_->answer(Status::unavailable("away"));
    std::vector<std::string> shapes;
    for (const std::string& line : log.lines()) shapes.push_back(line.substr(0, line.find(':')));
    const std::vector<std::string> expected = {
        "INFO Registering node",     "WARN Registration failed", "INFO Registered again",
        "WARN Heartbeat failed",     "INFO Registered again",    "INFO Deregistering node",
        "WARN Deregistration failed"};
    CPPUNIT_ASSERT_EQUAL_MESSAGE(joined(log.lines()), joined(expected), joined(shapes));
  }

 private:
  static std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }
  // The time from `then` until the registry is asked the next time.
  std::chrono::nanoseconds untilAskedAfter(const std::function<void()>& then) {
    const std::size_t before = registry_->asked.size();
    const auto from = EventLoop::now();
    then();
    const auto asked = [&] { return registry_->asked.size() > before; };
    CPPUNIT_ASSERT(clock_->advanceUntil(*loop_, asked));
    return EventLoop::now() - from;
  }
  void expectHeartbeats(std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
    start();
    for (int i = 0; i < 30; ++i) {
      const auto pause = untilAskedAfter([this] { registry_->answer(); });
      CPPUNIT_ASSERT(pause >= least && pause <= most);
    }
    registry_->answer();
  }
  void make(std::chrono::milliseconds ttl, std::chrono::milliseconds interval = 10ms) {
    registrar_.reset();
    registry_ = std::make_unique<SlowRegistry>();
    Registrar::Options options;
    options.ttl = ttl;
    options.interval = interval;
    registrar_ = std::make_unique<Registrar>(*loop_, *registry_, options);
  }
  void start() {
    ServiceInfo service;
    service.name = "greeter";
    service.nodes.emplace_back().id = "greeter-1";
    registrar_->start(service, [this] { ++registered_; });
  }
  void stop() {
    registrar_->stop([this] { ++stopped_; });
  }
  void await(const std::string& asked) {
    CPPUNIT_ASSERT_MESSAGE(registry_->asked,
                           clock_->advanceUntil(*loop_, [&] { return registry_->asked == asked; }));
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<SlowRegistry> registry_;
  std::unique_ptr<Registrar> registrar_;
  int registered_ = 0;
  int stopped_ = 0;
};
CPPUNIT_TEST_SUITE_REGISTRATION(RegistrarTest);

}  // namespace evmicro::detail
