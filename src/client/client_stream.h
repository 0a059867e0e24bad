#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include <evmicro/lifetime.h>
#include <evmicro/stream.h>
#include <evmicro/timer.h>

#include "call/attempts.h"
#include "call/idle_timer.h"
#include "call/stream_callbacks.h"
#include "client/client_shared.h"

namespace evmicro::detail {

/// The caller's end of one stream: a connection of its own, from choosing a node to the end. The
/// opening message goes first and names the method; messages wait for the connection.
/// Between its maker and the conversation are the client's wrappers: they say when it begins, and
/// learn how it ended before the user does.
///
/// Owned by the user, who may keep it for longer than the client, the loop and its base: what needs
/// these (Conversation) goes when the stream ends, or with the client.
class ClientStreamEnd final : public StreamEnd,
                              private Socket::Observer,
                              private Attempts::Observer {
 public:
  /// `prepared->body` is the opening message. Does nothing before begin().
  ClientStreamEnd(ClientShared& shared, std::shared_ptr<PreparedCall> prepared, Context context);
  /// A stream that cannot begin: `why` is told in a later turn.
  ClientStreamEnd(ClientShared& shared, Context context, Status why);
  ~ClientStreamEnd() override;

  /// Starts the conversation. `done` learns how it ended, and owes end(); without it the user is
  /// told. Dropped with the stream.
  void begin(Context context, CallDone done);
  /// Tells the user how it ended, once; ends the conversation when it goes on.
  void end(Status status);
  /// The client goes: ends the conversation silently. May destroy this.
  void abandon();
  /// Expires with this.
  Lifetime::Watch watch() const { return lifetime_.watch(); }

  const Context& context() const noexcept override { return context_; }
  bool send(PayloadSource message) override;
  bool writable() const noexcept override;
  void finish(Status status) override;
  void pause() override;
  void resume() override;
  void onMessage(OnMessage onMessage) override { callbacks_.setMessage(std::move(onMessage)); }
  void onEnd(OnEnd onEnd) override { callbacks_.setEnd(std::move(onEnd)); }
  void onWritable(OnWritable onWritable) override { callbacks_.setWritable(std::move(onWritable)); }

 private:
  struct Conversation;

  void watchContext();
  void idle();
  void stop(const Status& status);
  std::size_t queued() const noexcept;
  void sendBody(Buffer&& body);
  void reached();
  void onConnection(NodeConnection connection) override;
  void onNoAnswer(Status why) override;
  void onMessage(Message& message) override;
  void onPeerFinished() override;
  void onClosed(Status why) override;
  void onWritable() override;
  void noAnswer(Status why);
  void over(Status status);
  void overLater(Status status);
  void fail(Status why);
  void failLater(Status why);

  const std::shared_ptr<PreparedCall> prepared_;  // shared with the wrappers; null: cannot begin
  Context context_;
  RequestHeaders headers_;
  std::vector<Buffer> waiting_;  // sent before a node was reached: for the next one, if need be
  std::size_t waitingBytes_ = 0;
  std::uint64_t seq_ = 0;
  bool paused_ = false;
  bool finished_ = false;  // our side
  bool begun_ = false;
  bool reached_ = false;  // there is a connection
  StreamCallbacks callbacks_;
  CallDone done_;                               // the innermost wrapper's
  std::unique_ptr<Conversation> conversation_;  // null: over
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
