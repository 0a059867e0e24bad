#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <evmicro/event_loop.h>

#include "chaos/registries.h"
#include "integration/constant_caller.h"
#include "support/faulty_proxy.h"
#include "support/meanwhile.h"
#include "support/process.h"

namespace evmicro::chaos {

/// A greeter whose registration lasts for 3 s and is renewed every second.
class Greeter {
 public:
  Greeter(const std::string& registryName, const std::string& registry);

  test::Process& process() noexcept { return process_; }
  const std::string& address() const noexcept { return address_; }

 private:
  test::Process process_;
  std::string address_;
};

/// The processes of one row of the matrix.
class World {
 public:
  enum class Proxies { kNo, kYes };

  World(const std::string& registryName, Proxies proxies);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  FaultyRegistry& registry() noexcept { return *registry_; }
  /// Between the registry and those who call, or those who serve. @pre Proxies::kYes
  test::FaultyProxy& callersProxy() noexcept { return *callersProxy_; }
  test::FaultyProxy& servicesProxy() noexcept { return *servicesProxy_; }
  std::vector<std::unique_ptr<Greeter>>& greeters() noexcept { return greeters_; }
  /// Another greeter, which is not waited for.
  std::unique_ptr<Greeter> startGreeter() const;

  void startGreeters(int count);
  /// Starts the caller; returns when it knows `nodes` nodes and has called for a second.
  void startCaller(std::size_t nodes);
  test::ConstantCaller& caller() noexcept { return *caller_; }

  /// Runs `work`, which blocks, on a thread of its own, while the caller calls.
  void meanwhile(const std::function<void()>& work) { meanwhile_.run(work); }
  void callFor(std::chrono::milliseconds time);
  /// No more calls; returns when those on their way have ended.
  void finish();

 private:
  std::unique_ptr<FaultyRegistry> registry_;
  std::unique_ptr<test::FaultyProxy> callersProxy_;
  std::unique_ptr<test::FaultyProxy> servicesProxy_;
  std::vector<std::unique_ptr<Greeter>> greeters_;
  EventLoop loop_;
  std::unique_ptr<test::ConstantCaller> caller_;
  test::Meanwhile meanwhile_{loop_};
};

}  // namespace evmicro::chaos
