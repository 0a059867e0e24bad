#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include <evmicro/client.h>
#include <evmicro/codec.h>
#include <evmicro/event_loop.h>
#include <evmicro/web_server.h>

#include "gateway/reply_part.h"
#include "gateway/resolve.h"

namespace evmicro::gateway {

/// Answers requests with the messages of streams, as they arrive: as lines of JSON
/// (`application/x-ndjson`), or as server-sent events. A client that reads slowly slows the service
/// down; one that disconnects cancels the stream.
///
/// An error before the first message is an ordinary error answer. A later one is the last line,
/// `{"error":{...}}`, or the last event, named `error`. Between events comments are sent, see
/// EventStream; the first after so long without a message, from when on an error is an event, too.
class RpcStreams {
 public:
  enum class Format { kLines, kEvents };

  RpcStreams(EventLoop& loop, Client& client);
  RpcStreams(const RpcStreams&) = delete;
  RpcStreams& operator=(const RpcStreams&) = delete;
  ~RpcStreams();

  /// `part`: what of each message is sent.
  void start(const Context& context, const Target& target, const JsonDocument& request,
             Format format, WebReply reply, ReplyPart part = {});

 private:
  class Streamed;
  void over(Streamed& streamed);

  EventLoop& loop_;
  Client& client_;
  std::unordered_map<Streamed*, std::unique_ptr<Streamed>> streams_;
};

}  // namespace evmicro::gateway
