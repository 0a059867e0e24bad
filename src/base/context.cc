#include <evmicro/context.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "base/hidden.h"

namespace evmicro {

struct EVMICRO_HIDDEN Context::State {
  struct Watcher {
    std::function<void()> onDone;
  };

  Metadata metadata;
  std::optional<Deadline> deadline;
  Status why;             // ok while alive
  bool finished = false;  // ended by the answer; `why` is made on demand
  std::vector<std::weak_ptr<Watcher>> watchers;
  std::unique_ptr<ReplyMetadata> reply;  // made when it is used; of a root
  std::weak_ptr<State> root;             // of a child
  Subscription parent;                   // last: ends first

  bool ended() const { return finished || !why.ok(); }

  Status reason() const {
    return finished ? Status::cancelled("the request has been answered") : why;
  }

  void end(Status status) {
    if (ended()) return;
    why = std::move(status);
    tell();
  }

  // All are called, even if one throws: the first exception is rethrown afterwards.
  void tell() {
    const auto ending = std::exchange(watchers, {});  // a watcher may destroy this State
    std::exception_ptr thrown;
    for (const std::weak_ptr<Watcher>& entry : ending) {
      const auto watcher = entry.lock();
      if (!watcher) continue;
      try {
        watcher->onDone();
      } catch (...) {
        if (!thrown) thrown = std::current_exception();
      }
    }
    if (thrown) std::rethrow_exception(thrown);
  }

  void forgetExpired() {
    watchers.erase(std::remove_if(watchers.begin(), watchers.end(),
                                  [](const auto& entry) { return entry.expired(); }),
                   watchers.end());
  }
};

Context::Context() : state_(std::make_shared<State>()) {}
Context::Context(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

void Context::startRequest(Metadata& metadata, std::optional<Deadline> deadline) {
  if (state_.use_count() != 1) {
    state_ = std::make_shared<State>();
  } else {
    state_->why = Status();
    state_->finished = false;
    state_->watchers.clear();
    state_->reply.reset();
    state_->parent.cancel();
  }
  std::swap(state_->metadata, metadata);
  metadata.clear();
  state_->deadline = deadline;
}

Context Context::child() const {
  auto state = std::make_shared<State>();
  state->metadata = state_->metadata;
  state->deadline = state_->deadline;
  state->why = state_->reason();
  const auto root = state_->root.lock();
  state->root = root ? root : state_;
  state->parent = onDone([weak = std::weak_ptr<State>(state), parent = state_.get()] {
    if (const auto self = weak.lock()) self->end(parent->reason());
  });
  return Context(std::move(state));
}

Context Context::withDeadline(Deadline deadline) const {
  Context context = child();
  std::optional<Deadline>& own = context.state_->deadline;
  own = own ? std::min(*own, deadline) : deadline;
  return context;
}

Context Context::withTimeout(std::chrono::nanoseconds timeout) const {
  constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24 * 365 * 100);
  return withDeadline(std::chrono::steady_clock::now() + std::min(timeout, kLongest));
}

const Metadata& Context::metadata() const noexcept { return state_->metadata; }
Metadata& Context::metadata() noexcept { return state_->metadata; }

ReplyMetadata& Context::replyMetadata() const {
  const auto root = state_->root.lock();
  auto& reply = root ? root->reply : state_->reply;
  if (!reply) reply = std::make_unique<ReplyMetadata>();
  return *reply;
}

const ReplyMetadata* Context::usedReplyMetadata() const noexcept { return state_->reply.get(); }

std::optional<Context::Deadline> Context::deadline() const noexcept { return state_->deadline; }

std::optional<std::chrono::nanoseconds> Context::remaining() const noexcept {
  if (!state_->deadline) return std::nullopt;
  const std::chrono::nanoseconds left = *state_->deadline - std::chrono::steady_clock::now();
  return std::max(left, std::chrono::nanoseconds::zero());
}

bool Context::done() const noexcept {
  return state_->ended() ||
         (state_->deadline && *state_->deadline <= std::chrono::steady_clock::now());
}

Status Context::status() const {
  if (state_->ended() || !done()) return state_->reason();
  return Status::timeout("deadline exceeded");
}

void Context::cancel(Status why) {
  const std::shared_ptr<State> state = state_;  // a watcher may drop the last handle
  state->end(std::move(why));
}

void Context::finish() {
  const std::shared_ptr<State> state = state_;
  if (state->ended()) return;
  state->finished = true;
  if (!state->watchers.empty()) state->tell();
}

Subscription Context::onDone(std::function<void()> onDone) const {
  if (state_->ended() || !onDone) return {};
  auto watcher = std::make_shared<State::Watcher>(State::Watcher{std::move(onDone)});
  if (state_->watchers.size() == state_->watchers.capacity()) state_->forgetExpired();
  state_->watchers.push_back(watcher);
  return Subscription(std::move(watcher));
}

}  // namespace evmicro
