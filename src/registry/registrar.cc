#include "registry/registrar.h"

#include <algorithm>

#include "base/log.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{250};
// So that services that were started together do not send their heartbeats together.
constexpr int kHeartbeatJitter = 10;  // per cent

// A heartbeat must be sent well before the registration expires.
Registrar::Options sane(Registrar::Options options) {
  if (options.interval.count() <= 0) options.interval = milliseconds(10'000);
  if (options.ttl.count() > 0) options.interval = std::min(options.interval, options.ttl / 2);
  options.interval = std::max(options.interval, milliseconds(1));
  return options;
}

}  // namespace

Registrar::Registrar(EventLoop& loop, Registry& registry, Options options)
    : registry_(registry),
      options_(sane(options)),
      // Never longer than a heartbeat, so that a registry that is back soon has all nodes.
      backoff_({kFirstPause, options_.interval, 50}),
      random_(std::random_device{}()),
      beat_(loop, [this] { registered_ ? renew() : announce(); }) {}

void Registrar::start(ServiceInfo service, std::function<void()> registered) {
  service_ = std::move(service);
  onRegistered_ = std::move(registered);
  announce();
}

void Registrar::announce() {
  if (!complained_) {
    for (const Node& node : service_.nodes) {
      EVMICRO_LOG_INFO("registry", "Registering " << options_.what << ": " << node.id);
    }
  }
  announcing_ = true;
  pending_ = registry_.registerService(service_, RegisterOptions{options_.ttl},
                                       [this](const Status& status) { announced(status); });
}

bool Registrar::registered() const noexcept {
  if (!listed_ || options_.ttl.count() == 0) return listed_;
  return EventLoop::now() < confirmed_ + options_.ttl;
}

void Registrar::confirm() {
  listed_ = true;
  confirmed_ = EventLoop::now();
}

void Registrar::announced(const Status& status) {
  announcing_ = false;
  if (stopped_) {
    deregister();
    return;
  }
  if (!status.ok()) {
    ++failures_;
    if (!std::exchange(complained_, true)) {
      EVMICRO_LOG_WARN("registry", "Registration failed: " << status.toString() << "; retrying");
    }
    beat_.start(backoff_.next(random_));
    return;
  }
  if (std::exchange(complained_, false)) EVMICRO_LOG_INFO("registry", "Registered again");
  registered_ = true;
  confirm();
  backoff_.reset();
  beat();
  if (const auto onRegistered = std::exchange(onRegistered_, nullptr)) onRegistered();
}

// Without a TTL there is nothing to renew; registering again repairs a registry that lost the node.
void Registrar::renew() {
  if (options_.ttl.count() == 0) {
    announcing_ = true;
    pending_ = registry_.registerService(service_, RegisterOptions{options_.ttl},
                                         [this](const Status& status) { renewed(status); });
    return;
  }
  pending_ = registry_.renew(service_, [this](const Status& status) { renewed(status); });
}

void Registrar::renewed(const Status& status) {
  announcing_ = false;
  if (stopped_) {
    deregister();
    return;
  }
  if (status.ok()) {
    confirm();
    beat();
    return;
  }
  ++failures_;
  // A registry that could not be reached still has the node until the TTL ends.
  const ErrorKind kind = status.kind();
  if (kind != ErrorKind::kUnavailable && kind != ErrorKind::kTimeout) listed_ = false;
  EVMICRO_LOG_WARN("registry", "Heartbeat failed: " << status.toString() << "; registering again");
  complained_ = true;  // further failures belong to the same problem and are not logged
  registered_ = false;
  announce();
}

void Registrar::beat() { beat_.start(jittered(options_.interval, kHeartbeatJitter, random_)); }

void Registrar::stop(std::function<void()> done) {
  beat_.stop();
  listed_ = false;
  onRegistered_ = nullptr;
  for (const Node& node : service_.nodes) {
    EVMICRO_LOG_INFO("registry", "Deregistering " << options_.what << ": " << node.id);
  }
  stopped_ = std::move(done);
  // Not while a registration is in progress: the registry may process the two in either order, and
  // the node could stay. announced() continues, also after a timeout.
  if (!announcing_) deregister();
}

// Also if it seems not to be registered: a registration may have arrived whose answer was lost.
void Registrar::deregister() {
  pending_ = registry_.deregister(service_, [done = stopped_](const Status& status) {
    if (!status.ok()) {
      EVMICRO_LOG_WARN("registry", "Deregistration failed: " << status.toString());
    }
    done();
  });
}

}  // namespace evmicro::detail
