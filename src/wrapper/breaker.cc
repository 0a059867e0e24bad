#include <evmicro/breaker.h>

#include <map>
#include <stdexcept>
#include <string>

#include <evmicro/event_loop.h>

#include "base/hidden.h"
#include "call/prepared_call.h"

namespace evmicro {

namespace {

using State = Breaker::State;
using Clock = EventLoop::Clock;

bool countsAsFailure(const Status& status) {
  if (status.kind() == ErrorKind::kUnavailable) return true;
  return status.code() == 408 || (status.code() >= 500 && status.code() <= 599);
}

// Of one service.
struct Circuit {
  bool open = false;  // or half open, once its time has come
  Clock::time_point until{};
  int failures = 0;           // in a row, while closed
  int trials = 0;             // let through while half open
  Clock::time_point tried{};  // the latest of these began
  int successes = 0;          // of these
  std::uint64_t era = 0;      // changes with the state: calls of an earlier one do not count

  State state(Clock::time_point now) const {
    if (!open) return State::kClosed;
    return now < until ? State::kOpen : State::kHalfOpen;
  }
};

Status refusal(const char* detail) {
  return Status::error(503, std::string(detail::kClientId), detail);
}

}  // namespace

// Circuits that are closed and have seen no failure are not kept: names may come from outside.
class EVMICRO_HIDDEN Breaker::Circuits {
 public:
  explicit Circuits(BreakerOptions options) : options_(std::move(options)) {
    if (options_.failures < 1 || options_.halfOpenCalls < 1) {
      throw std::invalid_argument(
          "evmicro: a breaker needs failures and halfOpenCalls of 1 or more");
    }
    if (!options_.isFailure) options_.isFailure = countsAsFailure;
  }

  // ok(): the call may go on, as one of `era`.
  Status admit(std::string_view service, std::uint64_t& era) {
    const auto found = circuits_.find(service);
    era = 0;
    if (found == circuits_.end()) return {};
    Circuit& circuit = found->second;
    era = circuit.era;
    switch (circuit.state(EventLoop::now())) {
      case State::kClosed: return {};
      case State::kOpen: ++refused_; return refusal("circuit breaker is open");
      case State::kHalfOpen: break;
    }
    const auto now = EventLoop::now();
    if (circuit.trials >= options_.halfOpenCalls && now - circuit.tried >= options_.openFor) {
      circuit.trials = circuit.successes = 0;  // they may be streams, and take for ever
    }
    if (circuit.trials >= options_.halfOpenCalls) {
      ++refused_;
      return refusal("too many requests");
    }
    circuit.tried = now;
    if (circuit.trials++ == 0) circuit.era = ++eras_;
    era = circuit.era;
    return {};
  }

  void ended(const std::string& service, std::uint64_t era, const Status& outcome) {
    if (outcome.kind() == ErrorKind::kCancelled) return cancelled(service, era);
    const bool failed = !outcome.ok() && options_.isFailure(outcome);
    auto found = circuits_.find(service);
    if (found == circuits_.end()) {
      if (!failed || era != 0) return;
      found = circuits_.try_emplace(service).first;
    }
    Circuit& circuit = found->second;
    if (circuit.era != era) return;
    if (failed) {
      if (circuit.open || ++circuit.failures >= options_.failures) open(circuit);
    } else if (!circuit.open || ++circuit.successes >= options_.halfOpenCalls) {
      circuits_.erase(found);
    }
  }

  State state(std::string_view service) const {
    const auto found = circuits_.find(service);
    return found == circuits_.end() ? State::kClosed : found->second.state(EventLoop::now());
  }
  std::uint64_t refused() const noexcept { return refused_; }

  void collect(Metrics& metrics) const {
    const auto now = EventLoop::now();
    metrics.counter("evmicro_client_breaker_refused_total",
                    "Calls refused because the breaker of their service was open.", refused_);
    metrics.counter("evmicro_client_breaker_opened_total", "Times that a breaker has opened.",
                    opened_);
    for (const auto& [service, circuit] : circuits_) {
      if (!circuit.open) continue;
      metrics.gauge("evmicro_client_breaker_open",
                    "Breakers that are not closed: 1 open, 0.5 half open.",
                    circuit.state(now) == State::kOpen ? 1 : 0.5, {{"service", service}});
    }
  }

 private:
  void open(Circuit& circuit) {
    circuit = Circuit();
    circuit.open = true;
    circuit.until = EventLoop::now() + options_.openFor;
    circuit.era = ++eras_;
    ++opened_;
  }
  // Says nothing of the service: another call may try it.
  void cancelled(const std::string& service, std::uint64_t era) {
    const auto found = circuits_.find(service);
    if (found != circuits_.end() && found->second.era == era && found->second.open) {
      --found->second.trials;
    }
  }

  BreakerOptions options_;
  std::map<std::string, Circuit, std::less<>> circuits_;
  std::uint64_t eras_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t opened_ = 0;
};

Breaker::Breaker(BreakerOptions options)
    : circuits_(std::make_shared<Circuits>(std::move(options))) {}

void Breaker::operator()(Context context, const CallInfo& call, CallNext next,
                         CallDone done) const {
  if (call.service.empty()) return next(std::move(context), std::move(done));
  std::uint64_t era = 0;
  Status refused = circuits_->admit(call.service, era);
  if (!refused.ok()) return done(std::move(refused));
  // A call that is dropped unanswered has ended, too.
  struct Running {
    Running(std::shared_ptr<Circuits> of, std::string_view called, std::uint64_t began)
        : circuits(std::move(of)), service(called), era(began) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { end(Status::cancelled("dropped")); }
    void end(const Status& outcome) {
      if (!std::exchange(over, true)) circuits->ended(service, era, outcome);
    }
    const std::shared_ptr<Circuits> circuits;  // with the breaker
    const std::string service;
    const std::uint64_t era;
    bool over = false;
  };
  auto running = std::make_shared<Running>(circuits_, call.service, era);
  next(std::move(context), [running = std::move(running), done = std::move(done)](Status outcome) {
    running->end(outcome);
    done(std::move(outcome));
  });
}

void Breaker::operator()(Metrics& metrics) const { circuits_->collect(metrics); }
Breaker::State Breaker::state(std::string_view service) const { return circuits_->state(service); }
std::uint64_t Breaker::refused() const noexcept { return circuits_->refused(); }

}  // namespace evmicro
