#include "chaos/world.h"

#include <stdexcept>

#include "support/turn_until.h"

namespace evmicro::chaos {

namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 60s;

std::vector<std::string> commandOf(const std::string& registryName, const std::string& registry) {
  return {TEST_BUILD_DIR "/examples/greeter",
          "--registry",
          registryName,
          "--registry_address",
          registry,
          "--server_address",
          "127.0.0.1:0",
          "--broker_address",
          "127.0.0.1:0",
          "--register_interval",
          "1s",
          "--register_ttl",
          "3s"};
}

}  // namespace

Greeter::Greeter(const std::string& registryName, const std::string& registry)
    : process_(commandOf(registryName, registry)) {
  const auto address = process_.printsLine("Listening on ");
  if (!address || !process_.printsLine("Registering node: ")) {
    throw std::runtime_error("no greeter: " + process_.report());
  }
  address_ = *address;
}

World::World(const std::string& registryName, Proxies proxies)
    : registry_(makeRegistry(registryName)) {
  if (proxies == Proxies::kNo) return;
  callersProxy_ = std::make_unique<test::FaultyProxy>(registry_->address());
  servicesProxy_ = std::make_unique<test::FaultyProxy>(registry_->address());
}

World::~World() {
  caller_.reset();
  greeters_.clear();
  registry_.reset();
}

std::unique_ptr<Greeter> World::startGreeter() const {
  return std::make_unique<Greeter>(
      registry_->name(), servicesProxy_ ? servicesProxy_->address() : registry_->address());
}

void World::startGreeters(int count) {
  for (int i = 0; i < count; ++i) greeters_.push_back(startGreeter());
}

void World::startCaller(std::size_t nodes) {
  ServiceOptions options;
  options.name = "caller";
  options.registry = registry_->name();
  options.registryAddresses = {callersProxy_ ? callersProxy_->address() : registry_->address()};
  options.server.registerTtl = 3s;
  options.client.requestTimeout = 2s;
  caller_ = std::make_unique<test::ConstantCaller>(loop_, options);
  if (!test::turnUntil(
          loop_, [&] { return caller_->nodes() == nodes; }, kPatience)) {
    throw std::runtime_error("the caller knows " + std::to_string(caller_->nodes()) + " nodes");
  }
  callFor(1s);
  caller_->reset();
}

void World::callFor(std::chrono::milliseconds time) { test::runFor(loop_, time); }

void World::finish() {
  caller_->stop();
  if (!test::turnUntil(
          loop_, [&] { return caller_->open() == 0; }, kPatience)) {
    throw std::runtime_error("calls do not end");
  }
}

}  // namespace evmicro::chaos
