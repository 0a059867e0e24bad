#include "net/socket_life.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/fake_socket.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro::detail {

using namespace std::chrono_literals;
using End = SocketLife::End;
using Time = SocketLife::Time;

namespace {

// A socket that has a life and nothing else.
struct Subject final : SocketLife::Observer {
  explicit Subject(Deadlines& deadlines) : life(deadlines, *this) {}

  void onTimeUp(Time time) override {
    up += "CIME"[static_cast<int>(time)];  // connect, idle, message, end
    if (whenUp) whenUp();
  }
  std::size_t queuedBytes() const noexcept override { return queued; }

  std::string up;
  std::size_t queued = 0;
  std::function<void()> whenUp;
  SocketLife life;
};

struct Observer final : Socket::Observer {
  void onMessage(Message&) override {}
  Page onPage(std::string_view path) override {
    Page page;
    page.body = "mine: " + std::string(path);
    return page;
  }
  void onClosed(Status why) override {
    ++told;
    closed = std::move(why);
  }

  int told = 0;
  std::optional<Status> closed;
};

// A listener's observer.
struct Taker final : Listener::Observer {
  void onAccept(std::unique_ptr<Socket> socket) override { taken.push_back(std::move(socket)); }
  Page onPage(std::string_view path) override {
    Page page;
    page.body = "listener: " + std::string(path);
    return page;
  }
  void onListenerFailure(Status) override {}

  std::vector<std::unique_ptr<Socket>> taken;
};

}  // namespace

class SocketLifeTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SocketLifeTest);
  CPPUNIT_TEST(connectingHasItsTime);
  CPPUNIT_TEST(connectingWithoutLimitMayTakeForEver);
  CPPUNIT_TEST(idleTimeBeginsWithTheConnection);
  CPPUNIT_TEST(idleTimeIsSetAnew);
  CPPUNIT_TEST(whatHappensPutsTheIdleTimeOff);
  CPPUNIT_TEST(thisSideAtWorkIsNotIdle);
  CPPUNIT_TEST(aPausedPeerThatTakesNothingIsIdle);
  CPPUNIT_TEST(aMessageHasItsTime);
  CPPUNIT_TEST(aMessagesTimeCountsFromItsFirstByte);
  CPPUNIT_TEST(aWholeMessageHasNoTime);
  CPPUNIT_TEST(messagesWithoutLimitMayTakeForEver);
  CPPUNIT_TEST(theTimeOfEachLaterMessageRuns);
  CPPUNIT_TEST(messageAndIdleTimeRunBesideEachOther);
  CPPUNIT_TEST(closingHasItsTime);
  CPPUNIT_TEST(lingeringTakesASecond);
  CPPUNIT_TEST(theEndComesInSteps);
  CPPUNIT_TEST(closingForgetsTheMessage);
  CPPUNIT_TEST(theEndIsToldOnce);
  CPPUNIT_TEST(theEndWaitsForAnObserver);
  CPPUNIT_TEST(abortedItIsSilent);
  CPPUNIT_TEST(slowAboveTheMarkUntilHalf);
  CPPUNIT_TEST(withoutAMarkNobodyIsSlow);
  CPPUNIT_TEST(knowsForHowLongItIsQuiet);
  CPPUNIT_TEST(waitsInTheBacklogForItsFirstMessage);
  CPPUNIT_TEST(inTheBacklogTheEndIsTheSockets);
  CPPUNIT_TEST(backlogKnowsThePlacesOfTheOthers);
  CPPUNIT_TEST(pagesComeFromWhoeverHasIt);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    deadlines_ = std::make_unique<Deadlines>(*loop_);
    subject_ = std::make_unique<Subject>(*deadlines_);
  }
  void tearDown() override {
    subject_.reset();
    deadlines_.reset();
    loop_.reset();
    clock_.reset();
  }

  void connectingHasItsTime() {
    life().startConnecting(5s);
    life().setIdleTimeout(1s);  // does not count before it is connected
    CPPUNIT_ASSERT(life().connecting());
    expectUpAfter(5s, "C");
  }

  void connectingWithoutLimitMayTakeForEver() {
    life().startConnecting(0s);
    clock_->advance(*loop_, 24h);
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
    life().setIdleTimeout(10s);
    life().connected();
    CPPUNIT_ASSERT(!life().connecting());
    expectUpAfter(10s, "I");
  }

  void idleTimeBeginsWithTheConnection() {
    life().startConnecting(5s);
    life().setIdleTimeout(10s);
    clock_->advance(*loop_, 4s);
    life().connected();
    expectUpAfter(10s, "I");
  }

  void idleTimeIsSetAnew() {
    life().setIdleTimeout(10s);
    clock_->advance(*loop_, 9s);
    life().setIdleTimeout(3s);
    CPPUNIT_ASSERT(life().idleTimeout() == 3s);
    expectUpAfter(3s, "I");
    subject_->up.clear();
    life().setIdleTimeout(3s);
    clock_->advance(*loop_, 1s);
    life().setIdleTimeout(20s);
    expectUpAfter(20s, "I");
    subject_->up.clear();
    life().setIdleTimeout(3s);
    life().setIdleTimeout(0s);
    clock_->advance(*loop_, 24h);
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
  }

  void whatHappensPutsTheIdleTimeOff() {
    life().setIdleTimeout(10s);
    for (int i = 0; i < 5; ++i) {
      clock_->advance(*loop_, 9s);
      life().touch();
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
    expectUpAfter(10s, "I");
  }

  void thisSideAtWorkIsNotIdle() {
    life().setIdleTimeout(10s);
    life().pause();
    CPPUNIT_ASSERT(life().paused());
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
    life().resume();
    life().touch();
    CPPUNIT_ASSERT(!life().paused());
    expectUpAfter(10s, "I");
  }

  void aPausedPeerThatTakesNothingIsIdle() {
    life().setIdleTimeout(10s);
    life().pause();
    subject_->queued = 1;
    expectUpAfter(10s, "I");
  }

  void aMessageHasItsTime() {
    life().messageBegun(30s);
    expectUpAfter(30s, "M");
  }

  void aMessagesTimeCountsFromItsFirstByte() {
    life().messageBegun(30s);
    for (int i = 0; i < 29; ++i) {
      clock_->advance(*loop_, 1s);
      life().touch();
      life().messageBegun(30s);
    }
    expectUpAfter(1s, "M");
  }

  void aWholeMessageHasNoTime() {
    life().messageBegun(30s);
    clock_->advance(*loop_, 29s);
    life().messageComplete();
    clock_->advance(*loop_, 24h);
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
  }

  void messagesWithoutLimitMayTakeForEver() {
    life().messageBegun(0s);
    clock_->advance(*loop_, 24h);
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
  }

  // As on a connection that is kept: the first message has long been answered.
  void theTimeOfEachLaterMessageRuns() {
    life().setIdleTimeout(2min);
    for (int i = 0; i < 3; ++i) {
      life().messageBegun(30s);
      clock_->advance(*loop_, 10s);
      life().messageComplete();
      life().touch();
      clock_->advance(*loop_, 1min);
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
    life().messageBegun(30s);
    life().touch();
    expectUpAfter(30s, "M");
  }

  void messageAndIdleTimeRunBesideEachOther() {
    life().setIdleTimeout(10s);
    life().messageBegun(30s);
    expectUpAfter(10s, "I");
    setUpAgain();
    life().setIdleTimeout(40s);
    life().messageBegun(30s);
    clock_->advance(*loop_, 20s);
    life().touch();
    expectUpAfter(10s, "M");
    setUpAgain();
    life().setIdleTimeout(40s);
    life().messageBegun(30s);
    clock_->advance(*loop_, 20s);
    life().messageComplete();
    expectUpAfter(20s, "I");
  }

  void closingHasItsTime() {
    life().setIdleTimeout(1s);
    life().close();
    life().limitClosing(30s);
    life().setIdleTimeout(2s);  // means nothing any more
    clock_->advance(*loop_, 20s);
    life().limitClosing(30s);  // the peer takes something
    expectUpAfter(30s, "E");
  }

  void lingeringTakesASecond() {
    life().close();
    life().limitClosing(30s);
    life().linger();
    CPPUNIT_ASSERT(life().end() == End::kLingering);
    CPPUNIT_ASSERT(life().closing());
    expectUpAfter(1s, "E");
  }

  void theEndComesInSteps() {
    CPPUNIT_ASSERT(life().open() && life().receiving() && !life().closing() && !life().closed());
    CPPUNIT_ASSERT(life().finish());
    CPPUNIT_ASSERT(!life().finish());
    CPPUNIT_ASSERT(!life().open() && life().receiving() && !life().closing());
    CPPUNIT_ASSERT(life().close());
    CPPUNIT_ASSERT(!life().close());
    CPPUNIT_ASSERT(!life().finish());
    CPPUNIT_ASSERT(!life().open() && !life().receiving() && life().closing());
    life().over({});
    CPPUNIT_ASSERT(life().closed() && !life().closing() && !life().receiving());
    CPPUNIT_ASSERT(!life().close());
    setUpAgain();
    CPPUNIT_ASSERT(life().close());  // also without the first step
    CPPUNIT_ASSERT(life().end() == End::kClosing);
  }

  void closingForgetsTheMessage() {
    life().messageBegun(5s);
    CPPUNIT_ASSERT(life().messageBegan(5s).has_value());
    life().close();
    CPPUNIT_ASSERT(!life().messageBegan(5s));
    life().limitClosing(30s);
    expectUpAfter(30s, "E");
  }

  void theEndIsToldOnce() {
    Observer observer;
    CPPUNIT_ASSERT(!life().observe(&observer));
    CPPUNIT_ASSERT(life().observer() == &observer);
    life().startConnecting(5s);
    life().over(Status::internal("first"));
    CPPUNIT_ASSERT(!life().connecting());
    life().over(Status::internal("second"));
    life().tellEnd();
    CPPUNIT_ASSERT_EQUAL(1, observer.told);
    CPPUNIT_ASSERT_EQUAL(std::string("first"), observer.closed->detail());
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
  }

  void theEndWaitsForAnObserver() {
    life().over(Status::internal("gone"));
    life().tellEnd();  // to nobody
    Observer observer;
    CPPUNIT_ASSERT(!life().observe(nullptr));
    CPPUNIT_ASSERT(life().observe(&observer));
    CPPUNIT_ASSERT_EQUAL(0, observer.told);
    life().tellEnd();
    life().tellEnd();
    CPPUNIT_ASSERT_EQUAL(1, observer.told);
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), observer.closed->detail());
    CPPUNIT_ASSERT(!life().observe(&observer));
  }

  void abortedItIsSilent() {
    Observer observer;
    life().observe(&observer);
    life().startConnecting(5s);
    life().abort();
    CPPUNIT_ASSERT(life().closed() && !life().connecting());
    CPPUNIT_ASSERT(!life().observer());
    life().over(Status::internal("too late"));
    clock_->advance(*loop_, 1h);
    CPPUNIT_ASSERT_EQUAL(0, observer.told);
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
  }

  void slowAboveTheMarkUntilHalf() {
    life().noteQueued(100, 100);
    CPPUNIT_ASSERT(!life().slow());
    CPPUNIT_ASSERT(!life().caughtUp(0, 100));  // it had not fallen behind
    life().noteQueued(101, 100);
    CPPUNIT_ASSERT(life().slow());
    life().noteQueued(60, 100);
    CPPUNIT_ASSERT(life().slow());
    CPPUNIT_ASSERT(!life().caughtUp(51, 100));
    CPPUNIT_ASSERT(life().caughtUp(50, 100));
    CPPUNIT_ASSERT(!life().slow());
    CPPUNIT_ASSERT(!life().caughtUp(50, 100));
  }

  void withoutAMarkNobodyIsSlow() {
    life().noteQueued(std::size_t(1) << 40, 0);
    CPPUNIT_ASSERT(!life().slow());
    life().noteQueued(2, 1);
    CPPUNIT_ASSERT(life().slow());
  }

  void knowsForHowLongItIsQuiet() {
    clock_->skip(7ms);
    CPPUNIT_ASSERT(life().quietFor() == 7ms);
    life().touch();
    CPPUNIT_ASSERT(life().quietFor() == 0ms);
  }

  void waitsInTheBacklogForItsFirstMessage() {
    Taker taker;
    SocketBacklog backlog(taker);
    add(backlog, life());
    CPPUNIT_ASSERT(life().waiting());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), backlog.awaited());
    clock_->skip(999ms);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), backlog.awaited());
    clock_->skip(1ms);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), backlog.awaited());
    life().touch();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), backlog.awaited());
    life().leaveBacklog();
    CPPUNIT_ASSERT(!life().waiting());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), backlog.awaited());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), taker.taken.size());
    CPPUNIT_ASSERT_EQUAL(1, sockets_);
  }

  void inTheBacklogTheEndIsTheSockets() {
    Taker taker;
    SocketBacklog backlog(taker);
    add(backlog, life());
    life().over(Status::internal("left"));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), backlog.awaited());
    CPPUNIT_ASSERT_EQUAL(0, sockets_);
    CPPUNIT_ASSERT(taker.taken.empty());
  }

  // The last takes the place of the one that goes, and must know it.
  void backlogKnowsThePlacesOfTheOthers() {
    Taker taker;
    std::vector<std::unique_ptr<Subject>> all;
    SocketBacklog backlog(taker);
    std::vector<Socket*> sockets;
    for (int i = 0; i < 4; ++i) {
      all.push_back(std::make_unique<Subject>(*deadlines_));
      sockets.push_back(add(backlog, all.back()->life));
    }
    for (const std::size_t i : {0U, 3U, 1U, 2U}) {
      all[i]->life.leaveBacklog();
      CPPUNIT_ASSERT(taker.taken.back().get() == sockets[i]);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), backlog.awaited());
  }

  void pagesComeFromWhoeverHasIt() {
    CPPUNIT_ASSERT_EQUAL(404, life().page("/x").status);
    Taker taker;
    SocketBacklog backlog(taker);
    add(backlog, life());
    CPPUNIT_ASSERT_EQUAL(std::string("listener: /x"), life().page("/x").body);
    life().leaveBacklog();
    Observer observer;
    life().observe(&observer);
    CPPUNIT_ASSERT_EQUAL(std::string("mine: /x"), life().page("/x").body);
  }

 private:
  SocketLife& life() { return subject_->life; }
  void setUpAgain() {
    tearDown();
    setUp();
  }
  // Deadlines may be late by a pause between two looks.
  void expectUpAfter(std::chrono::nanoseconds time, const std::string& what) {
    clock_->advance(*loop_, time - 1us);
    CPPUNIT_ASSERT_EQUAL(std::string(), subject_->up);
    clock_->advance(*loop_, 1us + 1ms);
    CPPUNIT_ASSERT_EQUAL(what, subject_->up);
  }
  Socket* add(SocketBacklog& backlog, SocketLife& life) {
    auto socket = std::make_unique<test::FakeSocket>(sockets_);
    Socket* const added = socket.get();
    backlog.add(std::move(socket), life);
    return added;
  }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Deadlines> deadlines_;
  std::unique_ptr<Subject> subject_;
  int sockets_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SocketLifeTest);

}  // namespace evmicro::detail
