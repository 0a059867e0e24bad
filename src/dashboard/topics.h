#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/broker.h>
#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/web_server.h>

#include "dashboard/event_streams.h"

namespace evmicro::dashboard {

/// The messages of topics, as server-sent events `message` with
/// `{"time":ms,"topic":t,"header":{..},"body":text}`, or `"base64"` instead of the body if that is
/// not UTF-8. All pages that show one topic share a subscription, which ends with the last of them.
class Topics {
 public:
  static constexpr std::size_t kMostTopics = 64;
  static constexpr std::size_t kMostPages = 64;         ///< of one topic
  static constexpr std::size_t kMostBytes = 64U << 10;  ///< of a body that is shown

  Topics(EventLoop& loop, Broker& broker);
  Topics(const Topics&) = delete;
  Topics& operator=(const Topics&) = delete;
  ~Topics();

  /// Begins the events of `topic`.
  void watch(const std::string& topic, WebReply reply);
  /// Publishes the message in the body, `{"topic":t,"header":{..},"body":text}`, and answers
  /// `{"delivered":n,"dropped":n,"failed":n}`.
  void publish(const WebRequest& request, WebReply reply);
  /// Ends all events and subscriptions.
  void stop();

 private:
  struct Watched;

  EventLoop& loop_;
  Broker& broker_;
  std::map<std::string, std::unique_ptr<Watched>, std::less<>> topics_;
};

/// A message as JSON, for the event.
std::string messageJson(std::string_view topic, const BrokerMessage& message, std::int64_t timeMs);

}  // namespace evmicro::dashboard
