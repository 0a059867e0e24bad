#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/message.h>
#include <evmicro/stream.h>

#include "call/idle_timer.h"
#include "call/stream_callbacks.h"
#include "server/server_call.h"

namespace evmicro::detail {

/// An error 500: this side has produced a message that cannot be encoded.
Status cannotWrite(std::string_view what, const std::string& method, const Status& why);

/// The server's end of one stream. Owned by the handler's handles (which the callbacks stored here
/// may hold, until the stream is over); the connection reaches it through its call.
class ServerStreamEnd final : public StreamEnd {
 public:
  ServerStreamEnd(EventLoop& loop, std::shared_ptr<ServerCall> call);
  ~ServerStreamEnd() override;

  const Context& context() const noexcept override { return call_->context(); }
  bool send(PayloadSource message) override;
  bool writable() const noexcept override;
  void finish(Status status) override;
  void pause() override;
  void resume() override;
  void onMessage(OnMessage onMessage) override;
  void onEnd(OnEnd onEnd) override;
  void onWritable(OnWritable onWritable) override;

  /// Events of the connection. Each may destroy the stream's handles.
  void deliver(Message& message);
  void inputEnded();
  void drained();
  /// The stream ends from outside: the connection is closed, a deadline has passed, or the server
  /// stops.
  void over(Status why);

 private:
  void idle();
  void close();

  EventLoop& loop_;                         // used only until over_: the handles may outlive it
  const std::shared_ptr<ServerCall> call_;  // shared with wrappers around the call
  Frame latest_;                            // the method and id of the latest message, for replies
  bool over_ = false;
  bool paused_ = false;
  StreamCallbacks callbacks_;
  std::optional<IdleTimer> idle_;  // reset when over_, because it uses the loop
};

}  // namespace evmicro::detail
