#include "http/admission.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/manual_clock.h"
#include "support/starved_descriptors.h"

namespace evmicro::detail {

using namespace std::chrono_literals;

namespace {

struct Fake final : public AcceptedConnection {
  Fake(Admission& all, bool hasSent) : admission(all), rank(hasSent ? Rank::kIdle : Rank::kSilent) {
    admission.add(*this);
  }
  ~Fake() override { admission.remove(*this); }
  std::optional<Idleness> idleness() const noexcept override {
    if (busy) return std::nullopt;
    return Idleness{rank, since};
  }
  bool quiet() const noexcept override { return isQuiet; }
  void giveWay() override { asked = true; }
  std::size_t heldBytes() const noexcept override { return 0; }
  void giveUp() override {}
  bool gives() const noexcept { return givingWay(); }

  Admission& admission;
  Rank rank;
  EventLoop::Clock::time_point since = EventLoop::now();
  bool busy = false;
  bool isQuiet = true;
  bool asked = false;
};

}  // namespace

class AdmissionTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AdmissionTest);
  CPPUNIT_TEST(countsWhoIsThere);
  CPPUNIT_TEST(thoseThatLeaveAreForgotten);
  CPPUNIT_TEST(theLongestIdleIsAsked);
  CPPUNIT_TEST(strangersAreAskedFirst);
  CPPUNIT_TEST(aStrangerThatWaitsForUsKeepsTheKnownOnes);
  CPPUNIT_TEST(slowSendersAreAskedLast);
  CPPUNIT_TEST(lessThanTheLeastRateIsSlow);
  CPPUNIT_TEST(busyAndUnreadOnesStay);
  CPPUNIT_TEST(aPartGoesAtOnce);
  CPPUNIT_TEST(fourForEachThatGoesAreLookedAt);
  CPPUNIT_TEST(nobodyIsAskedTwice);
  CPPUNIT_TEST(itLooksAgainAfterAWhile);
  CPPUNIT_TEST(whoIsAskedMayHaveBecomeBusy);
  CPPUNIT_TEST(roomThatIsBeingMadeCounts);
  CPPUNIT_TEST(theLastDescriptorsAreKeptFree);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    admission_ = std::make_unique<Admission>(0, 0);
    all_.clear();
  }
  void tearDown() override {
    all_.clear();
    admission_.reset();
    loop_.reset();
    clock_.reset();
  }

  void countsWhoIsThere() {
    Fake& first = add(true);
    add(false);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), admission_->connections());
    admission_->turnAway(first);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), admission_->connections());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), admission_->turnedAway());
    admission_->remove(first);
    admission_->remove(first);  // no effect
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), admission_->connections());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), admission_->turnedAway());
  }

  // The last one takes the place of each.
  void thoseThatLeaveAreForgotten() {
    for (int i = 0; i < 5; ++i) add(true);
    Fake* const last = all_.back().get();
    all_.erase(all_.begin());
    all_.erase(all_.begin() + 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), admission_->connections());
    for (const auto& each : all_) each->busy = each.get() != last;
    pass(1s);
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT(last->asked);
    all_.clear();
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), admission_->connections());
  }

  void theLongestIdleIsAsked() {
    Fake& first = add(true);
    pass(1ms);
    Fake& second = add(true);
    first.since = EventLoop::now() + 1ms;
    pass(999ms);
    CPPUNIT_ASSERT(!admission_->makeRoom());
    pass(10ms);
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT(second.asked && !first.asked);
  }

  void strangersAreAskedFirst() {
    Fake& known = add(true);
    pass(1min);
    Fake& older = add(false);
    pass(1ms);
    Fake& newer = add(false);
    pass(100ms);
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT(older.asked && !newer.asked && !known.asked);
  }

  void aStrangerThatWaitsForUsKeepsTheKnownOnes() {
    Fake& known = add(true);
    Fake& stranger = add(false);
    stranger.isQuiet = false;
    pass(1min);
    CPPUNIT_ASSERT(!admission_->makeRoom());
    CPPUNIT_ASSERT(!known.asked && !stranger.asked);
  }

  void slowSendersAreAskedLast() {
    Fake& slow = add(true);
    slow.rank = AcceptedConnection::Rank::kSlow;
    pass(5s - 1ms);
    CPPUNIT_ASSERT(!admission_->makeRoom());
    Fake& idle = add(true);
    pass(1s);
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT(idle.asked && !slow.asked);
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT(slow.asked);
  }

  void lessThanTheLeastRateIsSlow() {
    const auto since = EventLoop::now();
    pass(10s);
    CPPUNIT_ASSERT(!AcceptedConnection::idlenessOf({since, 10'240}));
    const auto slow = AcceptedConnection::idlenessOf({since, 10'239});
    CPPUNIT_ASSERT(slow && slow->rank == AcceptedConnection::Rank::kSlow && slow->since == since);
  }

  void busyAndUnreadOnesStay() {
    Fake& busy = add(true);
    Fake& unread = add(true);
    busy.busy = true;
    unread.isQuiet = false;
    pass(1min);
    CPPUNIT_ASSERT(!admission_->makeRoom());
    pass(10ms);
    Fake& idle = add(true);
    pass(1s);
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT(idle.asked && !busy.asked && !unread.asked);
  }

  // Of 64 one and one more.
  void aPartGoesAtOnce() {
    for (int i = 0; i < 63; ++i) add(true);
    pass(1s);
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT_EQUAL(1, asked());
    add(true);
    pass(1s);
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT_EQUAL(3, asked());
  }

  // What they have sent may wait for us.
  void fourForEachThatGoesAreLookedAt() {
    for (int i = 0; i < 5; ++i) {
      add(true).isQuiet = i > 3;
      pass(1ms);
    }
    pass(1s);
    CPPUNIT_ASSERT(!admission_->makeRoom());
    all_[3]->isQuiet = true;
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT(all_[3]->asked && !all_[4]->asked);
  }

  void nobodyIsAskedTwice() {
    Fake& one = add(true);
    pass(1s);
    CPPUNIT_ASSERT(admission_->makeRoom());
    one.asked = false;
    CPPUNIT_ASSERT(!admission_->makeRoom());
    CPPUNIT_ASSERT(one.gives() && !one.asked);
  }

  // Newcomers would cost a look each.
  void itLooksAgainAfterAWhile() {
    CPPUNIT_ASSERT(!admission_->makeRoom());
    Fake& one = add(true);
    one.since -= 1h;
    pass(9ms);
    CPPUNIT_ASSERT(!admission_->makeRoom());
    pass(1ms);
    CPPUNIT_ASSERT(admission_->makeRoom());
  }

  void whoIsAskedMayHaveBecomeBusy() {
    Fake& one = add(true);
    pass(1s);
    for (const bool unread : {false, true}) {
      CPPUNIT_ASSERT(admission_->makeRoom());
      one.busy = !unread;
      one.isQuiet = !unread;
      CPPUNIT_ASSERT(!admission_->mayClose(one));
      CPPUNIT_ASSERT(!one.gives());
      one.busy = false;
      one.isQuiet = true;
    }
    CPPUNIT_ASSERT(admission_->makeRoom());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), admission_->gaveWay());
    CPPUNIT_ASSERT(admission_->mayClose(one));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), admission_->gaveWay());
  }

  void roomThatIsBeingMadeCounts() {
    all_.clear();
    admission_ = std::make_unique<Admission>(2, 0);
    std::unique_ptr<PeerLimit::Ticket> ticket;
    const int fd = 0;
    add(true);
    CPPUNIT_ASSERT(!admission_->admit(fd, ticket));
    Fake& busy = add(true);
    busy.busy = true;
    pass(1s);
    CPPUNIT_ASSERT(!admission_->admit(fd, ticket));  // the first gives way
    CPPUNIT_ASSERT(!admission_->admit(fd, ticket));  // to whoever comes
    Fake& third = add(true);
    third.busy = true;
    const HttpRefusal* const why = admission_->admit(fd, ticket);
    CPPUNIT_ASSERT(why);
    CPPUNIT_ASSERT_EQUAL(503, why->status);
    all_.erase(all_.begin());
    CPPUNIT_ASSERT(admission_->admit(fd, ticket));
  }

  // Of many 64, of few a sixteenth.
  void theLastDescriptorsAreKeptFree() {
    std::unique_ptr<PeerLimit::Ticket> ticket;
    for (const auto& [all, first] : {std::pair(2'048, 1'984), std::pair(960, 900)}) {
      const test::DescriptorLimit limit(all);
      Fake& one = add(true);
      pass(1s);
      CPPUNIT_ASSERT(!admission_->admit(first - 1, ticket));
      CPPUNIT_ASSERT(!one.asked);
      CPPUNIT_ASSERT(!admission_->admit(first, ticket));
      CPPUNIT_ASSERT(one.asked);
      Fake& another = add(true);
      pass(1s);
      CPPUNIT_ASSERT(!admission_->admit(first, ticket));
      CPPUNIT_ASSERT(!another.asked);  // there will be room
      all_.clear();
    }
  }

 private:
  Fake& add(bool known) {
    all_.push_back(std::make_unique<Fake>(*admission_, known));
    return *all_.back();
  }
  int asked() const {
    int count = 0;
    for (const auto& each : all_) count += each->asked ? 1 : 0;
    return count;
  }
  void pass(std::chrono::nanoseconds time) { clock_->advance(*loop_, time); }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Admission> admission_;
  std::vector<std::unique_ptr<Fake>> all_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AdmissionTest);

}  // namespace evmicro::detail
