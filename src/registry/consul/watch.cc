#include "registry/consul/watch.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "registry/consul/endpoints.h"
#include "registry/consul/messages.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

// The minimum between two queries: of constant changes not every one needs to be seen.
constexpr milliseconds kShortestRound{100};
// Decoding answers takes a twentieth of the time at most, however long they are.
constexpr int kDecodingShare = 20;
// The pause after an answer without an index, for which no blocking query is possible.
constexpr milliseconds kPollingPause{5'000};

// X-Consul-Index: passed to the next blocking query, which waits for a later change; 0: none.
std::uint64_t consulIndex(const EndpointReply& reply) {
  const std::string text = reply.header("X-Consul-Index");
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  return error == std::errc() && end == text.data() + text.size() ? index : 0;
}

}  // namespace

ConsulWatch::ConsulWatch(EventLoop& loop, HttpEndpoints& agents, WatchSlots& slots,
                         std::string path, Reader& reader)
    : agents_(agents),
      slots_(slots),
      path_(std::move(path)),
      reader_(reader),
      agent_(agents.inUse()),
      backoff_(BackoffPolicy()),
      random_(std::random_device{}()),
      pause_(loop, [this] { ask(); }) {
  slots_.join();
  ask();
}

ConsulWatch::~ConsulWatch() { slots_.leave(*this); }

void ConsulWatch::followSwitch() {
  if (agent_ == agents_.inUse()) return;
  const std::string before = agents_.address(agent_);
  agent_ = agents_.inUse();
  index_ = 0;
  pause_.stop();
  pending_.cancel();
  slots_.release(*this);
  // The other agent may know less: this counts as an outage, however short.
  reader_.onFailure(
      Status::unavailable("consul " + before + ": switched to " + agents_.address(agent_)));
  ask();
}

void ConsulWatch::ask() {
  if (index_ > 0) {
    slots_.request(*this);
  } else {
    send(milliseconds(0));
  }
}

void ConsulWatch::onSlot() { send(slots_.wait()); }

void ConsulWatch::onRevoked() { pending_.cancel(); }

void ConsulWatch::send(milliseconds held) {
  asked_ = EventLoop::now();
  EndpointRequest request;
  request.path = index_ > 0 ? blockingPath(path_, index_, held) : path_;
  request.endpoint = agent_;
  // An agent adds up to a sixteenth to the time, so that not all watches return together.
  request.held = held + held / 16;
  pending_ =
      agents_.send(std::move(request), [this](EndpointReply reply) { answered(std::move(reply)); });
}

void ConsulWatch::answered(EndpointReply reply) {
  slots_.release(*this);
  if (!reply.status.ok()) return failed(std::move(reply.status));
  if (Status hidden = checkReadable(agents_, reply, path_); !hidden.ok()) {
    return failed(std::move(hidden));
  }
  const auto begin = EventLoop::now();
  const std::uint64_t index = consulIndex(reply);
  if (index_ > 0 && index == index_) {
    reader_.onUnchanged();
  } else if (Status status = reader_.onAnswer(reply.body, reply.endpoint); !status.ok()) {
    return failed(std::move(status));
  }
  failures_ = 0;
  backoff_.reset();
  // An index that decreases belongs to other data: the agent was restarted, or restored.
  index_ = index < index_ ? 0 : index;
  if (index == 0) {
    pause_.start(kPollingPause);
  } else {
    askAgain(EventLoop::now() - begin);
  }
}

void ConsulWatch::askAgain(std::chrono::nanoseconds cost) {
  const auto round = std::max<std::chrono::nanoseconds>(kShortestRound, cost * kDecodingShare);
  const auto next = asked_ + std::chrono::duration_cast<EventLoop::Clock::duration>(round);
  const auto now = EventLoop::now();
  if (next <= now) {
    ask();
  } else {
    pause_.start(next - now);
  }
}

void ConsulWatch::failed(Status why) {
  index_ = 0;
  agent_ = (agent_ + 1) % agents_.count();
  // The next agent is used immediately, but in a later turn: there may be many watches.
  const bool othersLeft = ++failures_ % agents_.count() != 0;
  pause_.start(othersLeft ? milliseconds(0) : backoff_.next(random_));
  reader_.onFailure(std::move(why));
}

}  // namespace evmicro::detail
