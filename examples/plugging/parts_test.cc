// Runs the conformance suites, which evmicro's own parts pass, on the parts of this example.
#include <cstdio>

#include <cppunit/extensions/TestFactoryRegistry.h>
#include <cppunit/ui/text/TestRunner.h>

#include <evmicro/conformance/broker_contract.h>
#include <evmicro/conformance/codec_contract.h>
#include <evmicro/conformance/registry_contract.h>
#include <evmicro/conformance/selector_contract.h>
#include <evmicro/conformance/unary_contract.h>

#include "file_registry.h"
#include "frame_transport.h"
#include "local_broker.h"
#include "newest_selector.h"
#include "text_codec.h"

namespace {

constexpr const char* kFile = "parts_test.txt";

//! [suite]
class FileRegistryTest final : public evmicro::test::RegistryContract {
  CPPUNIT_TEST_SUB_SUITE(FileRegistryTest, evmicro::test::RegistryContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::unique_ptr<evmicro::Registry> makeRegistry(evmicro::EventLoop& loop) override {
    std::remove(kFile);
    return makeFileRegistry(loop, kFile);
  }
};
//! [suite]

class TextCodecTest final : public evmicro::test::CodecContract {
  CPPUNIT_TEST_SUB_SUITE(TextCodecTest, evmicro::test::CodecContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::shared_ptr<const evmicro::Codec> makeCodec() override { return makeTextCodec(); }
};

class NewestSelectorTest final : public evmicro::test::SelectorContract {
  CPPUNIT_TEST_SUB_SUITE(NewestSelectorTest, evmicro::test::SelectorContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::unique_ptr<evmicro::Selector> makeSelector(evmicro::ServiceView& view) override {
    return makeNewestSelector(view);
  }
};

// Without streams: the suites of a transport that carries them are ConversationContract,
// EndingContract and AddressContract.
class FrameTransportTest final : public evmicro::test::UnaryContract {
  CPPUNIT_TEST_SUB_SUITE(FrameTransportTest, evmicro::test::UnaryContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::unique_ptr<evmicro::Transport> makeTransport(evmicro::EventLoop& loop) override {
    return makeFrameTransport(loop);
  }
};

class LocalBrokerTest final : public evmicro::test::BrokerContract {
  CPPUNIT_TEST_SUB_SUITE(LocalBrokerTest, evmicro::test::BrokerContract);
  CPPUNIT_TEST_SUITE_END();

 protected:
  std::unique_ptr<evmicro::Broker> makeBroker(evmicro::EventLoop& loop) override {
    return makeLocalBroker(loop);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FileRegistryTest);
CPPUNIT_TEST_SUITE_REGISTRATION(TextCodecTest);
CPPUNIT_TEST_SUITE_REGISTRATION(NewestSelectorTest);
CPPUNIT_TEST_SUITE_REGISTRATION(FrameTransportTest);
CPPUNIT_TEST_SUITE_REGISTRATION(LocalBrokerTest);

}  // namespace

int main() {
  CppUnit::TextTestRunner runner;
  runner.addTest(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
  return runner.run() ? 0 : 1;
}
