#include <evmicro/rate_limit.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <stdexcept>
#include <string>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "base/hidden.h"
#include "call/prepared_call.h"

namespace evmicro {

namespace {

using Clock = EventLoop::Clock;
using Excess = RateLimitOptions::Excess;

}  // namespace

class EVMICRO_HIDDEN RateLimit::Bucket {
 public:
  Bucket(EventLoop& loop, RateLimitOptions options)
      : options_(options),
        tokens_(options.burst),
        filledAt_(EventLoop::now()),
        timer_(loop, [this] { onTimer(); }) {
    if (!(options.perSecond > 0) || !(options.burst >= 1)) {
      throw std::invalid_argument(
          "evmicro: a rate limit needs perSecond above 0 and a burst of 1 or more");
    }
  }

  void pass(Context context, CallNext next, CallDone done) {
    if (waiting_.empty() && take()) return next(std::move(context), std::move(done));
    if (options_.excess == Excess::kRefuse || waiting_.size() >= options_.maxWaiting ||
        comesTooLate(context)) {
      ++refused_;
      const bool client = options_.side == RateLimitOptions::Side::kClient;
      return done(Status::error(429, std::string(client ? detail::kClientId : kServerId),
                                "too many request"));
    }
    wait(std::move(context), std::move(next), std::move(done));
  }

  std::uint64_t refused() const noexcept { return refused_; }
  std::size_t waiting() const noexcept { return waiting_.size(); }

  void collect(Metrics& metrics) const {
    metrics.counter("evmicro_rate_limit_refused_total", "Calls refused by a rate limit.", refused_,
                    {{"side", side()}});
    metrics.gauge("evmicro_rate_limit_waiting", "Calls that wait for a token.", waiting_.size(),
                  {{"side", side()}});
  }

 private:
  static constexpr std::string_view kServerId = "go.micro.server";

  struct Waiting {
    Context context;
    CallNext next;
    CallDone done;
    Subscription ended;  // last: the context ends
  };

  std::string_view side() const {
    return options_.side == RateLimitOptions::Side::kClient ? "client" : "server";
  }

  bool take() {
    const auto now = EventLoop::now();
    const std::chrono::duration<double> passed = now - filledAt_;
    filledAt_ = now;
    tokens_ = std::min(options_.burst, tokens_ + passed.count() * options_.perSecond);
    // A millionth less than a token is one: times are whole nanoseconds.
    if (tokens_ < 1 - 1e-6) return false;
    tokens_ = std::max(tokens_ - 1, 0.0);
    return true;
  }

  // Seconds until there is a token for the one that is `place`th in line.
  double untilToken(std::size_t place) const {
    return std::max(0.0, static_cast<double>(place) - tokens_) / options_.perSecond;
  }

  bool comesTooLate(const Context& context) const {
    const auto left = context.remaining();
    return left && std::chrono::duration<double>(*left).count() < untilToken(waiting_.size() + 1);
  }

  void wait(Context context, CallNext next, CallDone done) {
    const auto place = waiting_.insert(
        waiting_.end(), Waiting{std::move(context), std::move(next), std::move(done), {}});
    place->ended = place->context.onDone([this, place] { giveUp(place); });
    if (!timer_.running()) startTimer();
  }

  void giveUp(std::list<Waiting>::iterator place) {
    const Waiting given = std::move(*place);
    waiting_.erase(place);
    given.done(given.context.status());
  }

  void startTimer() {
    const double nanoseconds = std::ceil(untilToken(1) * 1e9);
    timer_.start(std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds)));
  }

  // What is called may destroy the last owner of the bucket.
  void onTimer() {
    std::list<Waiting> ready;
    while (!waiting_.empty() && take()) {
      waiting_.front().ended.cancel();
      ready.splice(ready.end(), waiting_, waiting_.begin());
    }
    if (!waiting_.empty()) startTimer();
    for (Waiting& call : ready) {
      if (call.context.done()) {
        call.done(call.context.status());
      } else {
        call.next(std::move(call.context), std::move(call.done));
      }
    }
  }

  const RateLimitOptions options_;
  double tokens_;
  Clock::time_point filledAt_;
  std::uint64_t refused_ = 0;
  std::list<Waiting> waiting_;  // in order
  Timer timer_;
};

RateLimit::RateLimit(EventLoop& loop, RateLimitOptions options)
    : bucket_(std::make_shared<Bucket>(loop, options)) {}

void RateLimit::operator()(Context context, const CallInfo&, CallNext next, CallDone done) const {
  bucket_->pass(std::move(context), std::move(next), std::move(done));
}
void RateLimit::operator()(Metrics& metrics) const { bucket_->collect(metrics); }
std::uint64_t RateLimit::refused() const noexcept { return bucket_->refused(); }
std::size_t RateLimit::waiting() const noexcept { return bucket_->waiting(); }

}  // namespace evmicro
