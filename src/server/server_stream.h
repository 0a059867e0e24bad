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

/// An error 500: it is this side that has made what it cannot send.
Status cannotWrite(std::string_view what, const std::string& method, const Status& why);

/// The server's end of one stream. Owned by the handler's handles (which may sit in the callbacks
/// kept here, until the stream is over); the connection reaches it through its call.
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

  /// What the connection tells. Each may destroy the stream's handles.
  void deliver(Message& message);
  void inputEnded();
  void drained();
  /// The end from outside: the connection has gone, a deadline has passed, the server stops.
  void over(Status why);

 private:
  void idle();
  void close();

  EventLoop& loop_;                         // used until over_: the handles may outlive it
  const std::shared_ptr<ServerCall> call_;  // shared with wrappers around the call
  Frame latest_;                            // what replies repeat: method, id of the latest message
  bool over_ = false;
  bool paused_ = false;
  StreamCallbacks callbacks_;
  std::optional<IdleTimer> idle_;  // until over_, as it stands on the loop
};

}  // namespace evmicro::detail
