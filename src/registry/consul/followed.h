#pragma once

#include <functional>
#include <string>
#include <utility>

#include "registry/consul/watch.h"
#include "registry/feed.h"

namespace evmicro::detail {

/// A watched query to Consul and its followers; `Value` is the decoded answer.
template <typename Value>
class ConsulFollowed final : private ConsulWatch::Reader {
 public:
  using Read = std::function<Result<Value>(const std::string& body, std::size_t agent)>;

  /// `onUnused` runs when the last follower has unsubscribed; it may destroy this object.
  ConsulFollowed(EventLoop& loop, ConsulAgents& agents, WatchSlots& slots, std::string path,
                 Read read, std::function<void()> onUnused)
      : read_(std::move(read)),
        feed_(loop, std::move(onUnused)),
        watch_(loop, agents, slots, std::move(path), *this) {}

  Subscription add(std::function<void(Result<Value>)> changed) {
    return feed_.add(std::move(changed));
  }
  void followSwitch() { watch_.followSwitch(); }

 private:
  Status onAnswer(const std::string& body, std::size_t agent) override {
    Result<Value> value = read_(body, agent);
    if (!value.ok()) return std::move(value).status();
    feed_.publish(std::move(*value));
    return {};
  }
  void onUnchanged() override { feed_.confirm(); }
  void onFailure(Status why) override { feed_.fail(std::move(why).withContext("registry")); }

  const Read read_;
  Feed<Value> feed_;
  ConsulWatch watch_;
};

}  // namespace evmicro::detail
