#pragma once

#include <functional>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "event/deadlines.h"
#include "call/node_choice.h"
#include "client/connection_pool.h"

namespace evmicro::detail {

/// What all calls of a client have in common.
struct ClientShared {
  EventLoop& loop;
  Transport& transport;
  Selector& selector;
  ClientOptions options;
  ConnectionPool pool;
  std::minstd_rand random;
  Deadlines deadlines;
  Metadata headers{};  // of the request that is being sent; its memory serves the next
};

/// A request that is ready to be sent, as often as it takes.
struct PreparedCall {
  std::string service;
  std::string method;
  std::string topic;  // of a publication: no call
  std::string contentType;
  const Codec* codec = nullptr;
  Buffer body;
  PayloadTarget response;
  CallOptions options;
};

/// One call: from choosing a node to the reply, with all its attempts, within one deadline.
class ClientCall final : private Socket::Observer, private Deadlines::Entry {
 public:
  using All = std::list<ClientCall>;

  /// `done` runs exactly once, in a later turn, unless the call is destroyed before. The call
  /// destroys itself, in `all`, before that.
  ClientCall(ClientShared& shared, All& all, std::shared_ptr<PreparedCall> prepared,
             Context context, CallDone done);
  ClientCall(const ClientCall&) = delete;
  ClientCall& operator=(const ClientCall&) = delete;
  ~ClientCall() = default;

  /// Goes out, or defers telling why it cannot. `place` is where it is in `all`.
  void begin(All::iterator place);

 private:
  void selectNode();
  void attempt();
  Buffer takeBody(bool fresh);
  void onMessage(Message& message) override;
  void onPeerFinished() override;
  void onClosed(Status why) override;
  Status readReply(Message& message);
  void attemptFailed(Status why);
  Status describe(Status why) const;
  void onDeadline() override;
  void giveUp(Status why);
  void finish(Status status);
  int allowedAttempts() const;

  ClientShared& shared_;
  All& all_;
  All::iterator place_;
  const std::shared_ptr<PreparedCall> prepared_;
  Context context_;
  CallDone done_;
  EventLoop::Clock::time_point deadline_;
  NodeChoice choice_;
  int attempts_ = 0;   // that may have reached a node
  int unreached_ = 0;  // that reached nobody
  Status lastFailure_;
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<Timer> retry_;  // the pause before another attempt
  Subscription cancelled_;
  Call pending_;  // last: an end to be told in a later turn
};

}  // namespace evmicro::detail
