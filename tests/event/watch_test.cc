// Descriptors that are watched, still watched, no longer watched, and those that cannot be.
#include "event/watch.h"

#include <cerrno>
#include <memory>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "event/handles.h"
#include "event/loop_event.h"
#include "support/captured_log.h"
#include "support/manual_clock.h"
#include "support/turn_until.h"

namespace evmicro::detail {

using namespace std::chrono_literals;

class WatchTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WatchTest);
  CPPUNIT_TEST(whatIsWatchedIsReported);
  CPPUNIT_TEST(aDescriptorMayBeWatchedAgain);
  CPPUNIT_TEST(whatLibeventWatchesIsWatched);
  CPPUNIT_TEST(whatIsNoLongerWatchedLetsTheLoopSleep);
  CPPUNIT_TEST(whatCannotBeWatchedIsNotAdded);
  CPPUNIT_TEST(whatLibeventCannotWatchIsFound);
  CPPUNIT_TEST(whatLibeventHasNotAddedIsFound);
  CPPUNIT_TEST(refusalsAreLoggedAtALimitedRate);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    CPPUNIT_ASSERT_EQUAL(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair_));
    CPPUNIT_ASSERT(LoopEvent::guardOf(*loop_).collecting() >= 0);
    file_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);  // epoll takes no files
    fired_ = 0;
    watch_ = make(*loop_, pair_[0]);
  }
  void tearDown() override {
    watch_.reset();
    borrowed_.reset();
    base_.reset();
    loop_.reset();
    for (const int fd : {pair_[0], pair_[1], file_}) {
      if (fd >= 0) ::close(fd);
    }
    clock_.reset();
  }

  void whatIsWatchedIsReported() {
    CPPUNIT_ASSERT(addWatch(*loop_, *watch_));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(0, fired_);
    speak();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return fired_ == 1; }));
  }

  // libevent has not taken the descriptor out of the epoll yet.
  void aDescriptorMayBeWatchedAgain() {
    CPPUNIT_ASSERT(addWatch(*loop_, *watch_));
    test::turn(*loop_);
    event_del(watch_.get());
    CPPUNIT_ASSERT(addWatch(*loop_, *watch_));
    speak();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return fired_ == 1; }));
  }

  void whatLibeventWatchesIsWatched() {
    event_add(watch_.get(), nullptr);
    CPPUNIT_ASSERT(isWatched(*loop_, pair_[0]));
    CPPUNIT_ASSERT(isWatched(*loop_, pair_[0]));
    speak();
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [this] { return fired_ == 1; }));
  }

  // Before libevent has set what is waited for: nobody takes the end of the connection.
  void whatIsNoLongerWatchedLetsTheLoopSleep() {
    CPPUNIT_ASSERT(addWatch(*loop_, *watch_));
    event_del(watch_.get());
    ::close(std::exchange(pair_[1], -1));
    test::turn(*loop_);
    pollfd epoll{LoopEvent::guardOf(*loop_).collecting(), POLLIN, 0};
    CPPUNIT_ASSERT_EQUAL(0, ::poll(&epoll, 1, 0));
    CPPUNIT_ASSERT_EQUAL(0, fired_);
  }

  void whatCannotBeWatchedIsNotAdded() {
    for (EventLoop* const loop : {loop_.get(), &borrow()}) {
      const test::CapturedLog log("net");
      watch_ = make(*loop, file_);
      errno = 0;
      CPPUNIT_ASSERT(!addWatch(*loop, *watch_));
      CPPUNIT_ASSERT_EQUAL(EPERM, errno);
      CPPUNIT_ASSERT_EQUAL(0, event_pending(watch_.get(), EV_READ, nullptr));
      CPPUNIT_ASSERT_EQUAL(std::size_t(1), log.lines().size());
      CPPUNIT_ASSERT_EQUAL("WARN the system does not watch descriptor " + std::to_string(file_) +
                               ": Operation not permitted",
                           log.lines()[0]);
    }
  }

  void whatLibeventCannotWatchIsFound() {
    const test::CapturedLog log("net");
    for (EventLoop* const loop : {loop_.get(), &borrow()}) {
      errno = 0;
      CPPUNIT_ASSERT(!isWatched(*loop, file_));
      CPPUNIT_ASSERT_EQUAL(EPERM, errno);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), log.lines().size());
  }

  // A base that does not collect changes: it would be there.
  void whatLibeventHasNotAddedIsFound() {
    const test::CapturedLog log("net");
    EventLoop& loop = borrow();
    for (int i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT(!isWatched(loop, pair_[0]));
      CPPUNIT_ASSERT_EQUAL(ENOSPC, errno);
    }
    watch_ = make(loop, pair_[0]);
    CPPUNIT_ASSERT(addWatch(loop, *watch_));
    CPPUNIT_ASSERT(isWatched(loop, pair_[0]));
  }

  // By each loop: four at once, then one a second.
  void refusalsAreLoggedAtALimitedRate() {
    const test::CapturedLog log("net");
    watch_ = make(*loop_, file_);
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(!addWatch(*loop_, *watch_));
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), log.lines().size());
    clock_->skip(1s - 1ns);
    CPPUNIT_ASSERT(!isWatched(*loop_, file_));
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), log.lines().size());
    clock_->skip(1ns);
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT(!isWatched(*loop_, file_));
    CPPUNIT_ASSERT_EQUAL(std::size_t(5), log.lines().size());
    EventLoop& another = borrow();
    CPPUNIT_ASSERT(!isWatched(another, file_));
    CPPUNIT_ASSERT_EQUAL(std::size_t(6), log.lines().size());
  }

 private:
  EventHandle make(EventLoop& loop, int fd) {
    return EventHandle(event_new(
        loop.base(), fd, EV_READ,
        [](int, short, void* self) { ++static_cast<WatchTest*>(self)->fired_; }, this));
  }
  EventLoop& borrow() {
    base_.reset(event_base_new());
    borrowed_ = std::make_unique<EventLoop>(base_.get());
    return *borrowed_;
  }
  void speak() { CPPUNIT_ASSERT_EQUAL(ssize_t(1), ::send(pair_[1], "x", 1, MSG_NOSIGNAL)); }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  EventBase base_;
  std::unique_ptr<EventLoop> borrowed_;
  int pair_[2] = {-1, -1};
  int file_ = -1;
  int fired_ = 0;
  EventHandle watch_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WatchTest);

}  // namespace evmicro::detail
