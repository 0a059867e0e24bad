#include "newcomer.h"

#include <chrono>

#include <evmicro/log.h>

namespace geo {

namespace {

using namespace std::chrono_literals;

constexpr int kAttempts = 3;
constexpr auto kSilence = 2s;    // of an instance that is sending a snapshot
constexpr auto kPatience = 20s;  // before a service that knows nothing yet registers all the same
constexpr auto kAgain = 3s;      // until publishers have learnt that there is another instance

}  // namespace

Newcomer::Newcomer(evmicro::Service& service, Places& places)
    : service_(service),
      places_(places),
      others_(service.options().name, service.client()),
      again_(service.loop(), [this] { begin(kAttempts, {}); }) {}

void Newcomer::catchUp() {
  bool done = false;
  evmicro::Timer limit(service_.loop(), [&] { done = true; });
  limit.start(kPatience);
  begin(kAttempts, [&] { done = true; });
  // Fails within a callback only, where this is not called.
  (void)service_.loop().runUntil([&] { return done; });
  done_ = {};
  stream_.reset();
}

void Newcomer::catchUpAgainSoon() { again_.start(kAgain); }

void Newcomer::begin(int attempts, std::function<void()> done) {
  evmicro::CallOptions options;
  options.streamIdle = kSilence;
  options.filters = {evmicro::endpointFilter("Location.Snapshot"),
                     [own = ownId()](const evmicro::ServiceInfo&, const evmicro::Node& node) {
                       return node.id != own;
                     }};
  done_ = std::move(done);
  taken_ = 0;
  stream_.emplace(others_.Snapshot(evmicro::Context(), SnapshotRequest(), options));
  stream_->onMessage([this](const Entity& entity) {
    if (!problemWith(entity).empty()) return;
    if (places_.put(entity, Places::Source::kSnapshot) == Places::Outcome::kStored) ++taken_;
  });
  stream_->onEnd([this, attempts](const evmicro::Status& status) { ended(status, attempts - 1); });
}

void Newcomer::ended(const evmicro::Status& status, int attempts) {
  const auto done = std::move(done_);
  const bool alone = status.kind() == evmicro::ErrorKind::kNotFound;
  if (!status.ok() && !alone) {
    evmicro::log("geo", evmicro::LogLevel::kWarn, "Snapshot: " + status.toString());
    if (attempts > 0) return begin(attempts, done);
  } else if (status.ok()) {
    evmicro::log("geo", evmicro::LogLevel::kInfo,
                 "Entities taken from another instance: " + std::to_string(taken_));
  }
  if (done) done();
}

std::string Newcomer::ownId() const {
  const auto nodes = service_.server().info().nodes;
  return nodes.empty() ? std::string() : nodes.front().id;
}

}  // namespace geo
