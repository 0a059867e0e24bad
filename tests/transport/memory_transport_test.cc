#include <evmicro/memory_transport.h>

#include "transport/address_contract.h"
#include "transport/conversation_contract.h"
#include "transport/ending_contract.h"

namespace evmicro {

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

}  // namespace evmicro
