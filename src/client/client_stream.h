#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/lifetime.h>
#include <evmicro/stream.h>
#include <evmicro/timer.h>

#include "client/client_call.h"
#include "stream/stream_callbacks.h"

namespace evmicro::detail {

/// The caller's end of one stream: a connection of its own, from choosing a node to the end. The
/// opening message goes first and tells the server which method; messages wait for the connection.
class ClientStreamEnd final : public StreamEnd, private Socket::Observer {
 public:
  /// `prepared->body` is the opening message. `shared` must outlive the stream.
  ClientStreamEnd(ClientShared& shared, std::shared_ptr<PreparedCall> prepared, Context context);
  /// The end of a stream that cannot begin: `why` is told in a later turn.
  ClientStreamEnd(ClientShared& shared, Context context, Status why);
  ~ClientStreamEnd() override;

  const Context& context() const noexcept override { return context_; }
  bool send(PayloadSource message) override;
  bool writable() const noexcept override;
  void finish(Status status) override;
  void pause() override;
  void resume() override;
  void onMessage(OnMessage onMessage) override;
  void onEnd(OnEnd onEnd) override { callbacks_.setEnd(std::move(onEnd)); }
  void onWritable(OnWritable onWritable) override { callbacks_.setWritable(std::move(onWritable)); }

 private:
  void watchContext();
  void selectNode();
  void connect(Node node);
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
  Node node_;
  std::vector<std::string> tried_;
  std::vector<Buffer> waiting_;   // sent before a node was reached: for the next one, if need be
  std::size_t waitingBytes_ = 0;
  std::uint64_t seq_ = 0;
  bool paused_ = false;
  bool finished_ = false;  // our side
  bool over_ = false;
  bool reached_ = false;  // there is a connection
  StreamCallbacks callbacks_;
  std::unique_ptr<Socket> socket_;
  Timer timer_;
  Subscription cancelled_;
  Call pending_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
