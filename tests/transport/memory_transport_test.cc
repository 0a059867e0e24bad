#include <evmicro/memory_transport.h>

#include <evmicro/conformance/address_contract.h>
#include <evmicro/conformance/conversation_contract.h>
#include <evmicro/conformance/ending_contract.h>
#include <evmicro/conformance/unary_contract.h>

#include "transport/timed_fixture.h"

namespace evmicro {

using namespace std::chrono_literals;

class MemoryUnaryTest final : public test::UnaryContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryUnaryTest, test::UnaryContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeMemoryTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MemoryUnaryTest);

class MemoryConversationTest final : public test::ConversationContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryConversationTest, test::ConversationContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeMemoryTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MemoryConversationTest);

class MemoryEndingTest final : public test::EndingContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryEndingTest, test::EndingContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeMemoryTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MemoryEndingTest);

class MemoryAddressTest final : public test::AddressContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryAddressTest, test::AddressContract);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeMemoryTransport(loop);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MemoryAddressTest);

class MemoryFaultsTest final : public test::TimedTransportFixture {
  CPPUNIT_TEST_SUITE(MemoryFaultsTest);
  CPPUNIT_TEST(hasAName);
  CPPUNIT_TEST(refusesAsOftenAsAsked);
  CPPUNIT_TEST(stalledConnectionTimesOut);
  CPPUNIT_TEST(stalledConnectionMayBeDestroyed);
  CPPUNIT_TEST(dropsMessagesWithoutATrace);
  CPPUNIT_TEST(breaksOffInsteadOfDelivering);
  CPPUNIT_TEST(breaksOffBeforeTheConnectionIsAccepted);
  CPPUNIT_TEST(networksAreSeparate);
  CPPUNIT_TEST_SUITE_END();

 public:
  void hasAName() { CPPUNIT_ASSERT_EQUAL(std::string("memory"), std::string(transport_->name())); }

  void refusesAsOftenAsAsked() {
    prepare_ = echo;
    listen();
    faults_->refuse = 2;
    for (int i = 0; i < 3; ++i) dial().send("x");
    CPPUNIT_ASSERT(turnUntil([&] { return dialled_[2]->bodies.size() == 1; }));
    for (const std::size_t i : {0U, 1U}) {
      CPPUNIT_ASSERT_EQUAL(std::string("c"), dialled_[i]->events);
      CPPUNIT_ASSERT(dialled_[i]->closed->kind() == ErrorKind::kUnavailable);
    }
    CPPUNIT_ASSERT_EQUAL(0, faults_->refuse);
  }

  void stalledConnectionTimesOut() {
    listen();
    faults_->stall = 1;
    DialOptions options;
    options.connectTimeout = 20ms;
    test::End& client = dial(options);
    client.send("x");
    pass(19ms);
    CPPUNIT_ASSERT(!client.over());
    pass(kSlack + 1ms);
    CPPUNIT_ASSERT(client.over());
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
    CPPUNIT_ASSERT_EQUAL(listener_->address() + ": connect: timed out", client.closed->detail());
    CPPUNIT_ASSERT(accepted_.empty());
  }

  void stalledConnectionMayBeDestroyed() {
    listen();
    faults_->stall = 1;
    dial().send("x");
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string(), dialled_[0]->events);
    dialled_.clear();
    settle();
    CPPUNIT_ASSERT(accepted_.empty());
  }

  void dropsMessagesWithoutATrace() {
    test::End& client = connect();
    faults_->drop = 2;
    for (int i = 0; i < 4; ++i) client.send(numbered(i));
    CPPUNIT_ASSERT(turnUntil([&] { return accepted().bodies.size() == 3; }));
    CPPUNIT_ASSERT_EQUAL(numbered(2), accepted().bodies[1]);
    CPPUNIT_ASSERT_EQUAL(numbered(3), accepted().bodies[2]);
    CPPUNIT_ASSERT_EQUAL(std::string(), client.events);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), client.socket->queued());
  }

  void breaksOffInsteadOfDelivering() {
    test::End& client = connect();
    faults_->breakOff = 1;
    client.send("never seen");
    CPPUNIT_ASSERT(turnUntil([&] { return client.over() && accepted().over(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("mc"), accepted().events);
    CPPUNIT_ASSERT_EQUAL(std::string("c"), client.events);
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT(accepted().closed->kind() == ErrorKind::kInternal);
    connect();  // once is enough
  }

  void breaksOffBeforeTheConnectionIsAccepted() {
    listen();
    faults_->breakOff = 1;
    test::End& client = dial();
    client.send("never seen");
    CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
    CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kInternal);
    CPPUNIT_ASSERT(accepted_.empty());
  }

  void networksAreSeparate() {
    listen();
    const auto other = makeMemoryTransport(*loop_);
    test::End stranger(std::move(*other->dial(listener_->address(), {})));
    CPPUNIT_ASSERT(turnUntil([&] { return stranger.over(); }));
    CPPUNIT_ASSERT(stranger.closed->kind() == ErrorKind::kUnavailable);
    const auto sameAddress = other->listen(listener_->address(), {}, *this);
    CPPUNIT_ASSERT(sameAddress.ok());
  }

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    faults_ = std::make_shared<MemoryFaults>();
    return makeMemoryTransport(loop, faults_);
  }

  std::shared_ptr<MemoryFaults> faults_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(MemoryFaultsTest);

}  // namespace evmicro
