// The acceptor under floods, starvation and broken sockets: real descriptors, a real limit, real
// connections.
#include "net/acceptor.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/raw_peer.h"
#include "net/starved_listener.h"
#include "support/manual_clock.h"
#include "support/starved_descriptors.h"
#include "support/turn_until.h"

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;
using test::DescriptorLimit;
using test::lowestFreeDescriptor;

namespace {

// Readable in every turn; counts the turns.
class BusyEvent {
 public:
  explicit BusyEvent(EventLoop& loop)
      : fd_(::eventfd(1, EFD_CLOEXEC)),
        event_(event_new(
            loop.base(), fd_, EV_READ | EV_PERSIST,
            [](evutil_socket_t, short, void* count) { ++*static_cast<int*>(count); }, &runs)) {
    event_add(event_.get(), nullptr);
  }
  BusyEvent(const BusyEvent&) = delete;
  BusyEvent& operator=(const BusyEvent&) = delete;
  ~BusyEvent() {
    event_.reset();
    ::close(fd_);
  }
  int runs = 0;

 private:
  int fd_;
  EventHandle event_;
};

}  // namespace

class AcceptorTest : public CppUnit::TestFixture, public Acceptor::Observer {
  CPPUNIT_TEST_SUITE(AcceptorTest);
  CPPUNIT_TEST(handsOutDescriptors);
  CPPUNIT_TEST(acceptsABoundedNumberInATurn);
  CPPUNIT_TEST(otherEventsRunDuringAFlood);
  CPPUNIT_TEST(acceptsWhatWaits);
  CPPUNIT_TEST(acceptsWhatWaitsWithinACallback);
  CPPUNIT_TEST(closesTheSocketWhenStopped);
  CPPUNIT_TEST(mayBeStoppedInTheCallback);
  CPPUNIT_TEST(mayBeDestroyedInTheCallback);
  CPPUNIT_TEST(mayBeDestroyedWhileAcceptingWhatWaits);
  CPPUNIT_TEST(waitsWithoutWorkUntilDescriptorsAreFree);
  CPPUNIT_TEST(logsFewOfManyPauses);
  CPPUNIT_TEST(anAcceptedConnectionStartsTheDelaysAgain);
  CPPUNIT_TEST(acceptsWhatWaitsDuringAPause);
  CPPUNIT_TEST(mayBeDestroyedDuringAPause);
  CPPUNIT_TEST(errorsOfConnectionsAloneDoNotSpin);
  CPPUNIT_TEST(brokenSocketsAreReported);
  CPPUNIT_TEST(reportMayDestroyTheAcceptor);
  CPPUNIT_TEST(destroyedBeforeTheReportIsSilent);
  CPPUNIT_TEST(refusesAnAddressThatIsTaken);
  CPPUNIT_TEST(acceptsOnAllSocketsOfAName);
  CPPUNIT_TEST(aBrokenSocketStopsTheOthers);
  CPPUNIT_TEST(mayBeDestroyedBetweenTwoSockets);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    descriptors_ = test::openDescriptors();
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    starved_ = std::make_unique<test::StarvedListener>(*clock_, *loop_,
                                                       [this] { return acceptor_->deferrals(); });
    whenAccepted_ = nullptr;
    failure_.reset();
    dropAtFailure_ = false;
  }
  void tearDown() override {
    acceptor_.reset();
    closeAccepted();
    peers_.clear();
    starved_.reset();
    loop_.reset();
    clock_.reset();
    CPPUNIT_ASSERT_EQUAL(descriptors_, test::openDescriptors());
  }

  void handsOutDescriptors() {
    open();
    crowd(1);
    CPPUNIT_ASSERT(turnUntil([this] { return accepted_.size() == 1; }));
    CPPUNIT_ASSERT((::fcntl(accepted_[0], F_GETFL) & O_NONBLOCK) != 0);
    CPPUNIT_ASSERT((::fcntl(accepted_[0], F_GETFD) & FD_CLOEXEC) != 0);
    peers_[0]->send("hello");
    char text[16] = {};
    CPPUNIT_ASSERT(turnUntil([&] { return ::recv(accepted_[0], text, sizeof text, 0) == 5; }));
    CPPUNIT_ASSERT_EQUAL(std::string("hello"), std::string(text));
  }

  void acceptsABoundedNumberInATurn() {
    open();
    crowd(AcceptPacer::kPerTurn);
    event_base_loop(loop_->base(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CPPUNIT_ASSERT_EQUAL(std::size_t(AcceptPacer::kPerTurn), accepted_.size());
    crowd(AcceptPacer::kPerTurn + 1);
    event_base_loop(loop_->base(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2 * AcceptPacer::kPerTurn), accepted_.size());
    event_base_loop(loop_->base(), EVLOOP_ONCE | EVLOOP_NONBLOCK);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2 * AcceptPacer::kPerTurn + 1), accepted_.size());
  }

  void otherEventsRunDuringAFlood() {
    open();
    crowd(300);
    BusyEvent other(*loop_);
    int runsBefore = 0;
    std::size_t between = 0;  // accepted since the other event has run
    std::size_t most = 0;
    whenAccepted_ = [&] {
      between = other.runs == runsBefore ? between + 1 : 1;
      runsBefore = other.runs;
      most = std::max(most, between);
    };
    CPPUNIT_ASSERT(turnUntil([this] { return accepted_.size() == 300; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(AcceptPacer::kPerTurn), most);
    CPPUNIT_ASSERT(other.runs >= 4);
  }

  void acceptsWhatWaits() {
    open();
    crowd(AcceptPacer::kPerTurn + 10);
    acceptor_->acceptWaiting();
    CPPUNIT_ASSERT_EQUAL(std::size_t(AcceptPacer::kPerTurn + 10), accepted_.size());
    acceptor_->acceptWaiting();  // nothing waits
    acceptor_->stop();
    acceptor_->acceptWaiting();  // nowhere to wait
    CPPUNIT_ASSERT_EQUAL(std::size_t(AcceptPacer::kPerTurn + 10), accepted_.size());
  }

  void acceptsWhatWaitsWithinACallback() {
    open();
    crowd(5);
    whenAccepted_ = [this] {
      if (accepted_.size() > 1) return;
      acceptor_->acceptWaiting();
      acceptor_.reset();
    };
    CPPUNIT_ASSERT(turnUntil([this] { return !acceptor_; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(5), accepted_.size());
  }

  void closesTheSocketWhenStopped() {
    open();
    const std::string address = acceptor_->address();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), acceptor_->descriptors().size());
    acceptor_->stop();
    acceptor_->stop();
    CPPUNIT_ASSERT(acceptor_->descriptors().empty());
    CPPUNIT_ASSERT_EQUAL(address, acceptor_->address());
    CPPUNIT_ASSERT_THROW(test::RawPeer(*loop_, address), std::runtime_error);
  }

  void mayBeStoppedInTheCallback() {
    open();
    crowd(3);
    whenAccepted_ = [this] { acceptor_->stop(); };
    CPPUNIT_ASSERT(turnUntil([this] { return !accepted_.empty(); }));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), accepted_.size());
  }

  void mayBeDestroyedInTheCallback() {
    open();
    crowd(3);
    whenAccepted_ = [this] { acceptor_.reset(); };
    CPPUNIT_ASSERT(turnUntil([this] { return !acceptor_; }));
    test::turn(*loop_);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), accepted_.size());
  }

  void mayBeDestroyedWhileAcceptingWhatWaits() {
    open();
    crowd(3);
    whenAccepted_ = [this] {
      if (accepted_.size() == 2) acceptor_.reset();
    };
    acceptor_->acceptWaiting();
    CPPUNIT_ASSERT(!acceptor_);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), accepted_.size());
  }

  void waitsWithoutWorkUntilDescriptorsAreFree() {
    open();
    crowd(AcceptPacer::kPerTurn);
    starved_->pausesLongerAndLonger();
    CPPUNIT_ASSERT(accepted_.empty());
    CPPUNIT_ASSERT(advanceUntil([this] { return accepted_.size() == AcceptPacer::kPerTurn; }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(8), acceptor_->deferrals());
  }

  void logsFewOfManyPauses() {
    open();
    const auto start = EventLoop::now();
    crowd(100);
    const DescriptorLimit few(lowestFreeDescriptor() + 1);
    std::size_t served = 0;  // one descriptor serves one after another
    whenAccepted_ = [&] {
      ++served;
      freeing_ = loop_->defer([this] { closeAccepted(); });
    };
    CPPUNIT_ASSERT(advanceUntil([&] { return served == 100; }));
    CPPUNIT_ASSERT(acceptor_->deferrals() > 17);
    starved_->expectFewWarnings(start);
  }

  void anAcceptedConnectionStartsTheDelaysAgain() {
    open();
    for (int round = 0; round < 2; ++round) {
      crowd(1);
      starved_->pausesAnew();
      CPPUNIT_ASSERT(advanceUntil([this] { return accepted_.size() == 1; }));
      closeAccepted();
    }
  }

  void acceptsWhatWaitsDuringAPause() {
    open();
    crowd(3);
    starved_->pausesTwice();
    acceptor_->acceptWaiting();
    acceptor_->stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), accepted_.size());
    clock_->advance(*loop_, 1min);  // the timer would have fired by now
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), accepted_.size());
  }

  void mayBeDestroyedDuringAPause() {
    open();
    crowd(3);
    starved_->pausesTwice();
    acceptor_.reset();
    clock_->advance(*loop_, 1min);
    CPPUNIT_ASSERT(accepted_.empty());
  }

  // accept() on a datagram socket always fails with EOPNOTSUPP, as with a faulty network stack.
  void errorsOfConnectionsAloneDoNotSpin() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in self{};
    self.sin_family = AF_INET;
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof self;
    auto* const address = reinterpret_cast<sockaddr*>(&self);
    CPPUNIT_ASSERT_EQUAL(0, ::bind(fd, address, size));
    CPPUNIT_ASSERT_EQUAL(0, ::getsockname(fd, address, &size));
    CPPUNIT_ASSERT_EQUAL(ssize_t(1), ::sendto(fd, "x", 1, 0, address, size));
    acceptOn(fd);
    CPPUNIT_ASSERT(advanceUntil([this] { return acceptor_->deferrals() == 2; }));
    CPPUNIT_ASSERT(!failure_);
    CPPUNIT_ASSERT_EQUAL(std::string("WARN Accept error: Operation not supported; retrying in 5ms"),
                         starved_->log().lines().at(0));
  }

  void brokenSocketsAreReported() {
    open();
    const std::string address = acceptor_->address();
    ::shutdown(acceptor_->descriptors().at(0), SHUT_RD);  // accept() fails for ever after
    CPPUNIT_ASSERT(turnUntil([this] { return failure_.has_value(); }));
    CPPUNIT_ASSERT(failure_->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL("listener " + address + ": accept: Invalid argument", failure_->detail());
    CPPUNIT_ASSERT(acceptor_->descriptors().empty());
    failure_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!failure_);

    acceptOn(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));  // no socket at all
    CPPUNIT_ASSERT(turnUntil([this] { return failure_.has_value(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("listener nowhere: accept: Socket operation on non-socket"),
                         failure_->detail());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), acceptor_->deferrals());
  }

  void reportMayDestroyTheAcceptor() {
    open();
    dropAtFailure_ = true;
    ::shutdown(acceptor_->descriptors().at(0), SHUT_RD);
    CPPUNIT_ASSERT(turnUntil([this] { return !acceptor_; }));
  }

  void destroyedBeforeTheReportIsSilent() {
    open();
    ::shutdown(acceptor_->descriptors().at(0), SHUT_RD);
    acceptor_->acceptWaiting();
    CPPUNIT_ASSERT(acceptor_->descriptors().empty());
    acceptor_.reset();
    test::turn(*loop_);
    CPPUNIT_ASSERT(!failure_);
  }

  void refusesAnAddressThatIsTaken() {
    open();
    const auto second = Acceptor::open(*loop_, acceptor_->address(), *this);
    CPPUNIT_ASSERT(!second.ok());
    CPPUNIT_ASSERT(second.status().kind() == ErrorKind::kUnavailable);
  }

  void acceptsOnAllSocketsOfAName() {
    const auto addresses = openTwo();
    for (const std::string& address : addresses)
      peers_.push_back(std::make_unique<test::RawPeer>(*loop_, address));
    CPPUNIT_ASSERT(turnUntil([this] { return accepted_.size() == 2; }));
    for (const std::string& address : addresses)
      peers_.push_back(std::make_unique<test::RawPeer>(*loop_, address));
    acceptor_->acceptWaiting();
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), accepted_.size());
    acceptor_->stop();
    CPPUNIT_ASSERT(acceptor_->descriptors().empty());
  }

  void aBrokenSocketStopsTheOthers() {
    openTwo();
    ::shutdown(acceptor_->descriptors().at(1), SHUT_RD);
    CPPUNIT_ASSERT(turnUntil([this] { return failure_.has_value(); }));
    CPPUNIT_ASSERT(acceptor_->descriptors().empty());
  }

  void mayBeDestroyedBetweenTwoSockets() {
    for (const std::string& address : openTwo())
      peers_.push_back(std::make_unique<test::RawPeer>(*loop_, address));
    whenAccepted_ = [this] { acceptor_.reset(); };
    acceptor_->acceptWaiting();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), accepted_.size());
  }

 private:
  std::vector<std::string> openTwo() {
    std::vector<ListeningSocket> sockets;
    std::vector<std::string> addresses;
    for (const char* const address : {"127.0.0.1:0", "127.0.0.2:0"}) {
      sockets.push_back(std::move(*openListeningSocket(address)));
      addresses.push_back(sockets.back().address);
    }
    acceptor_ = std::make_unique<Acceptor>(*loop_, std::move(sockets), *this);
    return addresses;
  }
  void onAccepted(int fd) override {
    accepted_.push_back(fd);
    if (whenAccepted_) whenAccepted_();
  }
  void onAcceptFailure(Status why) override {
    failure_ = std::move(why);
    if (dropAtFailure_) acceptor_.reset();
  }

  void open() {
    auto acceptor = Acceptor::open(*loop_, "127.0.0.1:0", *this);
    CPPUNIT_ASSERT_MESSAGE(acceptor.status().toString(), acceptor.ok());
    acceptor_ = std::move(*acceptor);
  }
  void acceptOn(int fd) {
    std::vector<ListeningSocket> sockets;
    sockets.push_back({fd, "nowhere", {}});
    acceptor_ = std::make_unique<Acceptor>(*loop_, std::move(sockets), *this);
  }
  // Peers that have connected, which the backlog allows.
  void crowd(int count) {
    for (int i = 0; i < count; ++i) {
      peers_.push_back(std::make_unique<test::RawPeer>(*loop_, acceptor_->address()));
    }
  }
  void closeAccepted() {
    for (const int fd : accepted_) ::close(fd);
    accepted_.clear();
  }
  bool turnUntil(const std::function<bool()>& done) { return test::turnUntil(*loop_, done); }
  bool advanceUntil(const std::function<bool()>& done) {
    return clock_->advanceUntil(*loop_, done);
  }

  std::size_t descriptors_ = 0;
  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<test::StarvedListener> starved_;
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<int> accepted_;
  std::function<void()> whenAccepted_;
  std::optional<Status> failure_;
  bool dropAtFailure_ = false;
  std::vector<std::unique_ptr<test::RawPeer>> peers_;
  Call freeing_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(AcceptorTest);

}  // namespace evmicro
