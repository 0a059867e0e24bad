#include <evmicro/context.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "support/manual_clock.h"

namespace evmicro {

using namespace std::chrono_literals;

class ContextTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ContextTest);
  CPPUNIT_TEST(aRootIsAliveWithoutEnd);
  CPPUNIT_TEST(aDeadlineEndsItAtItsTime);
  CPPUNIT_TEST(remainingTimeIsNeverNegative);
  CPPUNIT_TEST(theEarlierOfTwoDeadlinesCounts);
  CPPUNIT_TEST(theLongestTimeoutsDoNotOverflow);
  CPPUNIT_TEST(cancelEndsItOnceAndForAll);
  CPPUNIT_TEST(cancelMeansMoreThanALaterDeadline);
  CPPUNIT_TEST(copiesShareOneState);
  CPPUNIT_TEST(aChildEndsWithItsParent);
  CPPUNIT_TEST(aChildMayEndByItself);
  CPPUNIT_TEST(aChildOfAnEndedOneHasEnded);
  CPPUNIT_TEST(aChildStartsWithACopyOfTheMetadata);
  CPPUNIT_TEST(aChildMayOutliveItsParent);
  CPPUNIT_TEST(observersRunOnceWithinCancel);
  CPPUNIT_TEST(observersOfAnEndedOneNeverRun);
  CPPUNIT_TEST(droppedTokensAreSilent);
  CPPUNIT_TEST(anObserverMayDropAnother);
  CPPUNIT_TEST(anObserverMayCancelAgain);
  CPPUNIT_TEST(anObserverMayDropTheLastHandle);
  CPPUNIT_TEST(anObserverMayAddAnother);
  CPPUNIT_TEST(whatAnObserverThrowsComesOutOfCancel);
  CPPUNIT_TEST(tokensThatCameAndWentCostNothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void aRootIsAliveWithoutEnd() {
    const Context context;
    CPPUNIT_ASSERT(!context.done());
    CPPUNIT_ASSERT(context.status().ok());
    CPPUNIT_ASSERT(!context.deadline());
    CPPUNIT_ASSERT(!context.remaining());
    CPPUNIT_ASSERT(context.metadata().empty());
  }

  void aDeadlineEndsItAtItsTime() {
    test::ManualClock clock;
    const Context context = Context().withTimeout(1s);
    clock.skip(1s - 1ns);
    CPPUNIT_ASSERT(!context.done());
    CPPUNIT_ASSERT(context.status().ok());
    clock.skip(1ns);
    CPPUNIT_ASSERT(context.done());
    CPPUNIT_ASSERT(context.status().kind() == ErrorKind::kTimeout);
    CPPUNIT_ASSERT_EQUAL(std::string("deadline exceeded"), context.status().detail());
  }

  void remainingTimeIsNeverNegative() {
    test::ManualClock clock;
    const Context context = Context().withTimeout(1s);
    CPPUNIT_ASSERT(context.remaining() == 1s);
    clock.skip(400ms);
    CPPUNIT_ASSERT(context.remaining() == 600ms);
    clock.skip(1h);
    CPPUNIT_ASSERT(context.remaining() == 0ns);
    CPPUNIT_ASSERT(Context().withTimeout(-1s).remaining() == 0ns);
    CPPUNIT_ASSERT(Context().withTimeout(-1s).done());
    CPPUNIT_ASSERT(Context().withTimeout(0s).done());
  }

  void theEarlierOfTwoDeadlinesCounts() {
    test::ManualClock clock;
    const auto start = std::chrono::steady_clock::now();
    const Context second = Context().withTimeout(1s);
    CPPUNIT_ASSERT(second.withTimeout(2s).deadline() == start + 1s);
    CPPUNIT_ASSERT(second.withTimeout(1s - 1ns).deadline() == start + 1s - 1ns);
    CPPUNIT_ASSERT(second.withDeadline(start + 5s).deadline() == start + 1s);
    CPPUNIT_ASSERT(second.withDeadline(start + 5ms).deadline() == start + 5ms);
    CPPUNIT_ASSERT(second.child().deadline() == start + 1s);
    CPPUNIT_ASSERT_MESSAGE("it keeps its own", second.deadline() == start + 1s);
  }

  void theLongestTimeoutsDoNotOverflow() {
    const Context context = Context().withTimeout(std::chrono::nanoseconds::max());
    CPPUNIT_ASSERT(!context.done());
    CPPUNIT_ASSERT(context.remaining() > std::chrono::hours(24 * 365 * 99));
    CPPUNIT_ASSERT(context.remaining() <= std::chrono::hours(24 * 365 * 100));
  }

  void cancelEndsItOnceAndForAll() {
    Context context;
    context.cancel(Status::unavailable("first"));
    context.cancel(Status::internal("second"));
    CPPUNIT_ASSERT(context.done());
    CPPUNIT_ASSERT(context.status().kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("first"), context.status().detail());
    Context other;
    other.cancel();
    CPPUNIT_ASSERT(other.status().kind() == ErrorKind::kCancelled);
    CPPUNIT_ASSERT_EQUAL(std::string("cancelled by the caller"), other.status().detail());
  }

  void cancelMeansMoreThanALaterDeadline() {
    test::ManualClock clock;
    Context context = Context().withTimeout(1s);
    context.cancel();
    clock.skip(2s);
    CPPUNIT_ASSERT(context.status().kind() == ErrorKind::kCancelled);
  }

  void copiesShareOneState() {
    Context context;
    Context copy = context;
    copy.metadata().set("X", "y");
    CPPUNIT_ASSERT(context.metadata().get("X") == "y");
    copy.cancel();
    CPPUNIT_ASSERT(context.done());
  }

  void aChildEndsWithItsParent() {
    Context parent;
    const Context child = parent.child();
    const Context grandchild = child.withTimeout(1h);
    parent.cancel(Status::unavailable("gone"));
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), child.status().detail());
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), grandchild.status().detail());
    CPPUNIT_ASSERT(grandchild.status().kind() == ErrorKind::kUnavailable);
  }

  void aChildMayEndByItself() {
    Context parent;
    Context child = parent.child();
    Context sibling = parent.child();
    child.cancel(Status::internal("mine"));
    CPPUNIT_ASSERT(!parent.done());
    CPPUNIT_ASSERT(!sibling.done());
    parent.cancel();
    CPPUNIT_ASSERT_EQUAL(std::string("mine"), child.status().detail());
  }

  void aChildOfAnEndedOneHasEnded() {
    Context parent;
    parent.cancel(Status::unavailable("gone"));
    CPPUNIT_ASSERT(parent.child().done());
    CPPUNIT_ASSERT_EQUAL(std::string("gone"), parent.child().status().detail());
  }

  void aChildStartsWithACopyOfTheMetadata() {
    Context parent;
    parent.metadata().set("X", "1");
    Context child = parent.child();
    child.metadata().set("X", "2");
    parent.metadata().set("Y", "3");
    CPPUNIT_ASSERT(parent.metadata().get("X") == "1");
    CPPUNIT_ASSERT(child.metadata().get("X") == "2");
    CPPUNIT_ASSERT(!child.metadata().has("Y"));
  }

  void aChildMayOutliveItsParent() {
    Context child = Context().withTimeout(1h);
    int ends = 0;
    const Subscription token = child.onDone([&ends] { ++ends; });
    CPPUNIT_ASSERT(!child.done());
    child.cancel();
    CPPUNIT_ASSERT_EQUAL(1, ends);
  }

  void observersRunOnceWithinCancel() {
    Context context;
    std::string ran;
    const Subscription first = context.onDone([&ran] { ran += "1"; });
    const Subscription second = context.onDone([&ran] { ran += "2"; });
    CPPUNIT_ASSERT_EQUAL(std::string(), ran);
    context.cancel();
    CPPUNIT_ASSERT_EQUAL(std::string("12"), ran);
    context.cancel();
    CPPUNIT_ASSERT_EQUAL(std::string("12"), ran);
  }

  void observersOfAnEndedOneNeverRun() {
    Context context;
    context.cancel();
    int ends = 0;
    const Subscription late = context.onDone([&ends] { ++ends; });
    context.cancel();
    CPPUNIT_ASSERT_EQUAL(0, ends);
    Context other;
    const Subscription nothing = other.onDone({});
    other.cancel();
  }

  void droppedTokensAreSilent() {
    Context context;
    std::string ran;
    Subscription cancelled = context.onDone([&ran] { ran += "cancelled"; });
    {
      const Subscription dropped = context.onDone([&ran] { ran += "dropped"; });
    }
    const Subscription kept = context.onDone([&ran] { ran += "kept"; });
    cancelled.cancel();
    context.cancel();
    CPPUNIT_ASSERT_EQUAL(std::string("kept"), ran);
  }

  void anObserverMayDropAnother() {
    Context context;
    std::string ran;
    Subscription second;
    const Subscription first = context.onDone([&] {
      ran += "1";
      second.cancel();
    });
    second = context.onDone([&ran] { ran += "2"; });
    context.cancel();
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ran);
  }

  void anObserverMayCancelAgain() {
    Context context;
    int ends = 0;
    const Subscription token = context.onDone([&] {
      ++ends;
      CPPUNIT_ASSERT(context.done());  // its state is in order before anybody is told
      context.cancel(Status::internal("again"));
    });
    context.cancel(Status::unavailable("first"));
    CPPUNIT_ASSERT_EQUAL(1, ends);
    CPPUNIT_ASSERT_EQUAL(std::string("first"), context.status().detail());
  }

  void anObserverMayDropTheLastHandle() {
    std::vector<Context> handles(1);
    Subscription own;
    std::string seen;
    own = handles[0].onDone([&, captured = std::string(64, 'x')] {
      handles.clear();
      own.cancel();
      seen = captured;
    });
    handles[0].cancel();
    CPPUNIT_ASSERT_EQUAL(std::string(64, 'x'), seen);
  }

  void anObserverMayAddAnother() {
    Context context;
    int ends = 0;
    Subscription late;
    const Subscription token = context.onDone([&] { late = context.onDone([&ends] { ++ends; }); });
    context.cancel();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("it has ended already", 0, ends);
  }

  void whatAnObserverThrowsComesOutOfCancel() {
    Context context;
    std::string ran;
    const Subscription first = context.onDone([] { throw std::runtime_error("first"); });
    const Subscription second = context.onDone([] { throw std::runtime_error("second"); });
    const Subscription last = context.onDone([&ran] { ran = "last"; });
    std::string caught;
    try {
      context.cancel();
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    CPPUNIT_ASSERT_EQUAL(std::string("first"), caught);
    CPPUNIT_ASSERT_EQUAL(std::string("last"), ran);
    CPPUNIT_ASSERT(context.done());
  }

  // A context that lives long, such as a service's, is watched by every call that is made with it.
  void tokensThatCameAndWentCostNothing() {
    Context context;
    std::weak_ptr<int> last;
    for (int i = 0; i < 10'000; ++i) {
      auto held = std::make_shared<int>(i);
      last = held;
      const Subscription token = context.onDone([held] {});
    }
    CPPUNIT_ASSERT(last.expired());
    int ends = 0;
    const Subscription token = context.onDone([&ends] { ++ends; });
    context.cancel();
    CPPUNIT_ASSERT_EQUAL(1, ends);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ContextTest);

}  // namespace evmicro
