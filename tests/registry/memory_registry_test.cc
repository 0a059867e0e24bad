#include <evmicro/memory_registry.h>

#include <evmicro/conformance/registry_contract.h>

#include "support/turn_until.h"

namespace evmicro {

using namespace std::chrono_literals;

class MemoryRegistryTest : public test::RegistryContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryRegistryTest, test::RegistryContract);
  CPPUNIT_TEST(hasAName);
  CPPUNIT_TEST(errorsNameIt);
  CPPUNIT_TEST(announcingWithoutTtlEndsTheTtl);
  CPPUNIT_TEST(destroyedRegistryStopsItsTimers);
  CPPUNIT_TEST(registriesAreSeparate);
  CPPUNIT_TEST_SUITE_END();

 public:
  void hasAName() {
    CPPUNIT_ASSERT_EQUAL(std::string("memory"), std::string(registry_->name()));
    CPPUNIT_ASSERT_EQUAL(std::string(), registry_->address());
  }

  void errorsNameIt() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("registry: memory: service \"x\" not found: no healthy node registered"),
        get("x").status().detail());
    CPPUNIT_ASSERT_EQUAL(std::string("registry: memory: node x-1 is not registered"),
                         renew(service("x")).detail());
    CPPUNIT_ASSERT_EQUAL(std::string("registry: memory: a service needs a name"),
                         announce(ServiceInfo()).detail());
  }

  void announcingWithoutTtlEndsTheTtl() {
    CPPUNIT_ASSERT(announce(service("kept"), 50ms).ok());
    CPPUNIT_ASSERT(announce(service("kept")).ok());
    CPPUNIT_ASSERT(announce(service("other"), 100ms).ok());
    CPPUNIT_ASSERT(vanishes("other"));
    CPPUNIT_ASSERT(found("kept"));
  }

  void destroyedRegistryStopsItsTimers() {
    CPPUNIT_ASSERT(announce(service("x"), 1ms).ok());
    registry_.reset();
    bool passed = false;
    Timer later(*loop_, [&] { passed = true; });
    later.start(20ms);
    CPPUNIT_ASSERT(turnUntil([&] { return passed; }));
  }

  void registriesAreSeparate() {
    CPPUNIT_ASSERT(announce(service("mine")).ok());
    registry_ = makeMemoryRegistry(*loop_);
    CPPUNIT_ASSERT(!found("mine"));
  }

 protected:
  std::unique_ptr<Registry> makeRegistry(EventLoop& loop) override {
    return makeMemoryRegistry(loop);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MemoryRegistryTest);

}  // namespace evmicro
