#include "registry/consul/watch.h"

#include <algorithm>
#include <utility>

#include "registry/consul/messages.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr BackoffPolicy kPauses{milliseconds(100), milliseconds(5'000), 50};
// Between two queries at least: what changes all the time need not be known each time.
constexpr milliseconds kShortestRound{100};
// Decoding answers takes at most a twentieth of the time, however long they are.
constexpr int kLeisure = 20;
// Without an index the next query cannot block.
constexpr milliseconds kPollingPause{5'000};

}  // namespace

ConsulWatch::ConsulWatch(EventLoop& loop, ConsulAgents& agents, WatchSlots& slots, std::string path,
                         Reader& reader)
    : agents_(agents),
      slots_(slots),
      path_(std::move(path)),
      reader_(reader),
      agent_(agents.inUse()),
      backoff_(kPauses),
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
  ConsulRequest request{"GET", path_, {}, agent_, held};
  if (index_ > 0) request.path = blockingPath(path_, index_, held);
  pending_ =
      agents_.send(std::move(request), [this](ConsulReply reply) { answered(std::move(reply)); });
}

void ConsulWatch::answered(ConsulReply reply) {
  slots_.release(*this);
  if (!reply.status.ok()) return failed(std::move(reply.status));
  const auto begin = EventLoop::now();
  if (index_ > 0 && reply.index == index_) {
    reader_.onUnchanged();
  } else if (Status status = reader_.onAnswer(reply.body, reply.agent); !status.ok()) {
    return failed(std::move(status));
  }
  failures_ = 0;
  backoff_.reset();
  // Going back, it belongs to other data: that of an agent started anew, or restored.
  index_ = reply.index < index_ ? 0 : reply.index;
  if (reply.index == 0) {
    pause_.start(kPollingPause);
  } else {
    askAgain(EventLoop::now() - begin);
  }
}

void ConsulWatch::askAgain(std::chrono::nanoseconds cost) {
  const auto round = std::max<std::chrono::nanoseconds>(kShortestRound, cost * kLeisure);
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
  // The next agent is asked at once, but in a later turn: there may be many watches.
  const bool othersLeft = ++failures_ % agents_.count() != 0;
  pause_.start(othersLeft ? milliseconds(0) : backoff_.next(random_));
  reader_.onFailure(std::move(why));
}

}  // namespace evmicro::detail
