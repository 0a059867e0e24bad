#pragma once

#include <functional>
#include <memory>
#include <string>

#include <evmicro/call.h>
#include <evmicro/message.h>

#include "event/handles.h"
#include "http/server.h"

namespace evmicro::detail {

/// A request between the observer, which holds the HttpExchange, and its connection.
struct HttpExchange::State {
  State(EventLoop& eventLoop, EvhttpGate& connectionOfIt, const HttpHead& headOfIt,
        Message&& messageOfIt);

  /// The connection has gone before the answer: tells the observer in a turn of its own.
  static void peerLeft(const std::shared_ptr<State>& state);
  static void tellGone(const std::shared_ptr<State>& state);

  EventLoop& loop;
  EvhttpGate* connection;  // null once answered or gone
  const HttpHead head;
  Message message;
  std::string path;
  std::string query;
  bool left = false;  // the peer, before the answer
  std::function<void()> gone;
  Call tellingGone;
};

}  // namespace evmicro::detail
