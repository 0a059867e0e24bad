#pragma once

#include <functional>
#include <string>
#include <utility>

#include <evmicro/subject.h>

#include "registry/consul/watch.h"

namespace evmicro::detail {

/// A watched query to Consul and its followers; `Value` is the decoded answer.
template <typename Value>
class ConsulFollowed final : private ConsulWatch::Reader {
 public:
  using Read = std::function<Result<Value>(const std::string& body, std::size_t agent)>;

  /// `onUnused` runs when the last follower has unsubscribed; it may destroy this object.
  ConsulFollowed(EventLoop& loop, HttpEndpoints& agents, WatchSlots& slots, std::string path,
                 Read read, std::function<void()> onUnused)
      : read_(std::move(read)),
        subject_(loop, std::move(onUnused)),
        watch_(loop, agents, slots, std::move(path), *this) {}

  Subscription add(std::function<void(Result<Value>)> changed) {
    return subject_.add(std::move(changed));
  }
  void followSwitch() { watch_.followSwitch(); }

 private:
  Status onAnswer(const std::string& body, std::size_t agent) override {
    Result<Value> value = read_(body, agent);
    if (!value.ok()) return std::move(value).status();
    subject_.publish(std::move(*value));
    return {};
  }
  void onUnchanged() override { subject_.confirm(); }
  void onFailure(Status why) override { subject_.fail(std::move(why).withContext("registry")); }

  const Read read_;
  Subject<Value> subject_;
  ConsulWatch watch_;
};

}  // namespace evmicro::detail
