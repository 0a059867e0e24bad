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
#include "call/method_kind.h"
#include "call/stream_callbacks.h"
#include "client/client_shared.h"

namespace evmicro::detail {

/// The caller's end of one stream, which has a connection of its own, from choosing a node to the
/// end. The opening message is sent first and names the method; messages are queued until the
/// connection is established. The client's wrappers stand between the user and the conversation:
/// they let it begin, and learn how it ended before the user does.
///
/// Owned by the user, and may outlive the client, the loop and its base: the part that needs these
/// (Conversation) is destroyed when the stream ends, or with the client.
class ClientStreamEnd final : public StreamEnd,
                              private Socket::Observer,
                              private Attempts::Observer {
 public:
  /// `prepared->body` is the opening message. Does nothing before begin().
  ClientStreamEnd(ClientShared& shared, std::shared_ptr<PreparedCall> prepared, Context context);
  /// A stream that cannot begin: `why` is reported in a later turn.
  ClientStreamEnd(ClientShared& shared, Context context, Status why);
  ~ClientStreamEnd() override;

  /// Starts the conversation. `done` gets the outcome and must call end(); without `done` the user
  /// is notified directly. Dropped with the stream.
  void begin(Context context, CallDone done);
  /// Reports the end to the user, once; ends the conversation if it is still open.
  void end(Status status);
  /// The client is being destroyed: ends the conversation without a callback. May destroy this
  /// object.
  void abandon();
  /// Expires with this object.
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
  void put(std::string_view body);
  void takeMetadata(const Metadata& headers, bool last);
  void chooseKind();
  Status miscounted() const;
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
  CallForm form_;                // of the conversation
  MethodKind kind_;              // by gRPC; elsewhere any number of messages will do
  std::vector<Buffer> waiting_;  // sent before a node was reached: may be needed for the next node
  std::size_t waitingBytes_ = 0;
  std::uint64_t seq_ = 0;
  std::uint64_t replies_ = 0;
  bool paused_ = false;
  bool finished_ = false;  // our sending side
  bool begun_ = false;
  bool reached_ = false;   // the connection is established
  bool answered_ = false;  // a message has come
  StreamCallbacks callbacks_;
  CallDone done_;                               // the innermost wrapper's
  std::unique_ptr<Conversation> conversation_;  // null: over
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
