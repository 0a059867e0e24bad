#pragma once

#include <memory>
#include <string>

#include <evmicro/http_broker.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service_view.h>

#include <evmicro/conformance/broker_contract.h>

namespace evmicro::test {

/// A file of tests/broker/golden.
std::string goldenPost(const std::string& name);
/// What stands in `text` between the first `from` and the next `to`.
std::string between(const std::string& text, const std::string& from, const std::string& to);

/// The contract, kept by an http broker that subscribes and publishes over TCP.
class HttpBrokerFixture : public BrokerQueueContract {
 public:
  void tearDown() override;

 protected:
  virtual std::unique_ptr<Registry> makeRegistry(EventLoop& loop) {
    return makeMemoryRegistry(loop);
  }
  /// Ends what makeRegistry() has made beside: the registry has gone, the loop is still there.
  virtual void endRegistry() {}
  std::unique_ptr<Broker> makeBroker(EventLoop& loop) override;
  void awaitSubscriptions(const std::string& topic, std::size_t count) override;

  /// Another broker of the same registry.
  std::unique_ptr<Broker> makeAnother(HttpBrokerOptions options);
  /// Loopback, any port, and the limit of the contract.
  static HttpBrokerOptions options();

  std::unique_ptr<Registry> registry_;
  std::unique_ptr<ServiceView> view_;
};

}  // namespace evmicro::test
