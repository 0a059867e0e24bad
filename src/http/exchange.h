#pragma once

#include <functional>
#include <memory>
#include <string>

#include <evmicro/call.h>
#include <evmicro/message.h>

#include "event/handles.h"
#include "http/server.h"

namespace evmicro::detail {

/// The state of a request that the observer's HttpExchange shares with the connection.
struct HttpExchange::State {
  State(EventLoop& eventLoop, EvhttpGate& connectionOfIt, const HttpHead& headOfIt,
        Message&& messageOfIt);

  /// The connection has closed before the answer: notifies the observer in a turn of its own.
  static void peerLeft(const std::shared_ptr<State>& state);
  static void tellGone(const std::shared_ptr<State>& state);

  EventLoop& loop;
  EvhttpGate* connection;  // null once answered or closed
  const HttpHead head;
  Message message;
  std::string path;
  std::string query;
  bool left = false;  // the peer has gone before the answer
  std::function<void()> gone;
  Call tellingGone;
};

}  // namespace evmicro::detail
