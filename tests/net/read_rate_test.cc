#include "net/read_rate.h"

#include <memory>
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "support/manual_clock.h"

namespace evmicro::detail {

using namespace std::chrono_literals;

namespace {

/// A stream of which nothing counts but what its peer has not taken.
class Untaken final : public ByteStream {
 public:
  void observe(Observer&) noexcept override {}
  bool connected() const noexcept override { return true; }
  std::size_t queued() const noexcept override { return bytes; }
  std::size_t untaken() const noexcept override { return bytes; }
  void write(std::string_view, Buffer&) override {}
  void setLowWater(std::size_t) noexcept override {}
  void stopReading() override {}
  void startReading() override {}
  void wake() override {}
  bool quiet() const noexcept override { return true; }
  void shutdownWrite() override {}
  void reset() override {}
  std::string peerAddress() const override { return {}; }
  std::string localAddress() const override { return {}; }

  std::size_t bytes = 0;
};

}  // namespace

class ReadRateTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadRateTest);
  CPPUNIT_TEST(theMinimumIsEnough);
  CPPUNIT_TEST(aByteLessIsTooLow);
  CPPUNIT_TEST(whatIsWrittenMeanwhileCounts);
  CPPUNIT_TEST(eachWindowIsMeasuredAnew);
  CPPUNIT_TEST(oneWhoCaughtUpHasAWholeWindow);
  CPPUNIT_TEST(nothingIsMeasuredWhileNothingWaits);
  CPPUNIT_TEST(mayBeDestroyedWhenItReports);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    clock_ = std::make_unique<test::ManualClock>();
    loop_ = std::make_unique<EventLoop>();
    deadlines_ = std::make_unique<Deadlines>(*loop_);
    stream_.reset();
    outcomes_.clear();
    destroy_ = false;
    rate_ = std::make_unique<ReadRate>(
        *deadlines_, stream_.emplace(), kLeast, [this] { return stream_->bytes > 0; },
        [this](ReadRate::Rate rate) {
          outcomes_ += rate == ReadRate::Rate::kEnough ? 'e' : 'l';
          if (destroy_) rate_.reset();
        });
  }
  void tearDown() override {
    rate_.reset();
    deadlines_.reset();
    loop_.reset();
    clock_.reset();
  }

  void theMinimumIsEnough() {
    write(100'000);
    stream_->bytes -= 30 * kLeast;
    window();
    CPPUNIT_ASSERT_EQUAL(std::string("e"), outcomes_);
  }

  void aByteLessIsTooLow() {
    write(100'000);
    stream_->bytes -= 30 * kLeast - 1;
    pass(30s - 1ms);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcomes_);
    pass(1ms + kSlack);
    CPPUNIT_ASSERT_EQUAL(std::string("l"), outcomes_);
    window();
    CPPUNIT_ASSERT_EQUAL(std::string("l"), outcomes_);
  }

  // Also what goes out at once: the kernel has it, but not the peer.
  void whatIsWrittenMeanwhileCounts() {
    write(100'000);
    stream_->bytes = 0;
    write(500'000);
    window();
    CPPUNIT_ASSERT_EQUAL(std::string("e"), outcomes_);
  }

  void eachWindowIsMeasuredAnew() {
    write(100'000);
    stream_->bytes -= 60 * kLeast;
    window();
    stream_->bytes -= 30 * kLeast;
    window();
    window();
    CPPUNIT_ASSERT_EQUAL(std::string("eel"), outcomes_);
  }

  // Of 30 KiB in 30 s only a little was there to be taken.
  void oneWhoCaughtUpHasAWholeWindow() {
    write(1'000);
    stream_->bytes = 0;
    rate_->wrote(0);
    pass(30s - 1ms);
    write(100'000);
    pass(1ms + kSlack);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcomes_);
    window();
    CPPUNIT_ASSERT_EQUAL(std::string("l"), outcomes_);
  }

  void nothingIsMeasuredWhileNothingWaits() {
    rate_->wrote(100'000);
    window();
    write(1'000);
    stream_->bytes = 0;
    window();
    CPPUNIT_ASSERT_EQUAL(std::string(), outcomes_);
    write(1'000);  // begins a window again
    window();
    CPPUNIT_ASSERT_EQUAL(std::string("l"), outcomes_);
  }

  void mayBeDestroyedWhenItReports() {
    destroy_ = true;
    write(1'000);
    window();
    CPPUNIT_ASSERT_EQUAL(std::string("l"), outcomes_);
    CPPUNIT_ASSERT(!rate_);
  }

 private:
  static constexpr std::size_t kLeast = 1'024;
  static constexpr std::chrono::milliseconds kSlack{2};  // see Deadlines

  void write(std::size_t bytes) {
    stream_->bytes += bytes;
    rate_->wrote(bytes);
  }
  void pass(std::chrono::nanoseconds time) { clock_->advance(*loop_, time); }
  void window() { pass(30s + kSlack); }

  std::unique_ptr<test::ManualClock> clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Deadlines> deadlines_;
  std::optional<Untaken> stream_;
  std::unique_ptr<ReadRate> rate_;
  std::string outcomes_;
  bool destroy_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadRateTest);

}  // namespace evmicro::detail
