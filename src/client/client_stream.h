#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/lifetime.h>
#include <evmicro/stream.h>
#include <evmicro/timer.h>

#include "call/idle_timer.h"
#include "call/stream_callbacks.h"
#include "client/client_call.h"

namespace evmicro::detail {

/// The caller's end of one stream: a connection of its own, from choosing a node to the end. The
/// opening message goes first and tells the server which method; messages wait for the connection.
/// Between its maker and the conversation are the client's wrappers: they say when it begins, and
/// learn how it ended before the user does.
class ClientStreamEnd final : public StreamEnd, private Socket::Observer {
 public:
  /// `prepared->body` is the opening message. `shared` must outlive the stream. Does nothing before
  /// begin().
  ClientStreamEnd(ClientShared& shared, std::shared_ptr<PreparedCall> prepared, Context context);
  /// The end of a stream that cannot begin: `why` is told in a later turn.
  ClientStreamEnd(ClientShared& shared, Context context, Status why);
  ~ClientStreamEnd() override;

  /// Starts the conversation. `done` learns how it ended, and owes end(); without it the user is
  /// told. Dropped with the stream.
  void begin(Context context, CallDone done);
  /// Tells the user how it ended, once; ends the conversation when it goes on.
  void end(Status status);
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
  void watchContext();
  void idle();
  void stop(const Status& status);
  void selectNode();
  void connect();
  void sendBody(Buffer&& body);
  void reached();
  void onMessage(Message& message) override;
  void onPeerFinished() override;
  void onClosed(Status why) override;
  void onWritable() override;
  void over(Status status);
  void overLater(Status status);

  ClientShared& shared_;
  std::shared_ptr<PreparedCall> prepared_;
  Context context_;
  Metadata headers_;
  NodeChoice choice_;
  int unreached_ = 0;            // nodes
  std::vector<Buffer> waiting_;  // sent before a node was reached: for the next one, if need be
  std::size_t waitingBytes_ = 0;
  std::uint64_t seq_ = 0;
  bool paused_ = false;
  bool finished_ = false;  // our side
  bool begun_ = false;
  bool over_ = false;
  bool reached_ = false;  // there is a connection
  StreamCallbacks callbacks_;
  CallDone done_;  // the innermost wrapper's
  std::unique_ptr<Socket> socket_;
  Timer timer_;  // the deadline
  IdleTimer idle_;
  Subscription cancelled_;
  Call pending_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
