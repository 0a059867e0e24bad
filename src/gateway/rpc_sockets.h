#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <evmicro/client.h>
#include <evmicro/codec.h>
#include <evmicro/event_loop.h>
#include <evmicro/web_server.h>

#include "gateway/reply_part.h"
#include "gateway/resolve.h"

namespace evmicro::gateway {

/// Whether a request asks for a WebSocket.
bool asksForSocket(const WebRequest& request);

/// Streams over WebSockets, in both directions: each text frame is one message as JSON, and an
/// empty one says that the client sends no more. At the end of the stream the WebSocket is closed
/// with code 1000, at an error with 1011 after a message `{"error":{..}}`. What is not JSON ends it
/// with 1007. A side that reads slowly slows the other down; a client that disconnects cancels the
/// stream.
class RpcSockets {
 public:
  /// `origins`: whose pages may connect, see WebSocketOptions.
  RpcSockets(EventLoop& loop, Client& client, std::vector<std::string> origins);
  RpcSockets(const RpcSockets&) = delete;
  RpcSockets& operator=(const RpcSockets&) = delete;
  ~RpcSockets();

  /// `first`: a message to send at once; empty: none. `part`: what of each message is sent to the
  /// client.
  void start(const WebRequest& request, const Target& target, const JsonDocument& first,
             WebReply reply, ReplyPart part = {});

 private:
  class Conversation;
  void over(Conversation& conversation);

  EventLoop& loop_;
  Client& client_;
  const std::vector<std::string> origins_;
  std::unordered_map<Conversation*, std::unique_ptr<Conversation>> conversations_;
};

}  // namespace evmicro::gateway
