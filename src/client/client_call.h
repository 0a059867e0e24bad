#pragma once

#include <list>
#include <memory>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>

#include "call/attempts.h"
#include "call/prepared_call.h"
#include "client/client_shared.h"
#include "event/deadlines.h"

namespace evmicro::detail {

class Hedge;

/// One call, from choosing a node to the reply, with all its attempts and one deadline.
class ClientCall final : private Socket::Observer,
                         private Deadlines::Entry,
                         private Attempts::Observer,
                         public Abandonable {
 public:
  using All = std::list<ClientCall>;

  /// `done` runs exactly once, in a later turn, unless the call is destroyed before. Before running
  /// it the call removes itself from `all`, which destroys it.
  ClientCall(ClientShared& shared, All& all, std::shared_ptr<PreparedCall> prepared,
             Context context, CallDone done);
  ClientCall(const ClientCall&) = delete;
  ClientCall& operator=(const ClientCall&) = delete;
  ~ClientCall();

  /// Starts the first attempt, or fails in a later turn. `place` is its position in `all`.
  void begin(All::iterator place);
  /// Cancels the call. Without wrappers `done` does not run; with wrappers it runs in a later turn,
  /// because they must learn of the end.
  void abandon() noexcept override;

  // --- for its hedge

  ClientShared& shared() noexcept { return shared_; }
  const PreparedCall& prepared() const noexcept { return *prepared_; }
  std::optional<EventLoop::Clock::time_point> deadline() const noexcept { return deadline_; }
  /// Where its own attempts go now.
  const Node& node() const noexcept { return attempts_.node(); }
  void send(const Attempts& attempts, NodeConnection& connection);
  /// A message has come on `connection`. ok(): the call has ended, and this is gone. Otherwise
  /// there is no answer in it; drop() the connection then.
  Status take(Attempts& attempts, NodeConnection& connection, Message& message);
  void drop(NodeConnection& connection);
  /// The hedge makes no more attempts. May destroy both.
  void hedgeFailed();

 private:
  void onConnection(NodeConnection connection) override;
  void onNoAnswer(Status why) override;
  Buffer takeBody(std::uint64_t seq, bool last);
  void onMessage(Message& message) override;
  void onPeerFinished() override;
  void onClosed(Status why) override;
  void planHedge();
  void keep(Attempts& attempts, NodeConnection& connection);
  void cancelLoser();
  void noAnswer(Status why);
  void onDeadline() override;
  void giveUp(Status why);
  void giveUpLater(Status why);
  void finish(Status status);

  ClientShared& shared_;
  All& all_;
  All::iterator place_;
  const std::shared_ptr<PreparedCall> prepared_;  // shared with the wrappers of the call
  Context context_;
  CallDone done_;
  std::optional<EventLoop::Clock::time_point> deadline_;
  Attempts attempts_;
  NodeConnection connection_;
  std::unique_ptr<Hedge> hedge_;  // usually null
  Status failure_;                // of attempts_, while the hedge may still get an answer
  Subscription cancelled_;
  Call pending_;  // last: an end to be reported in a later turn
};

}  // namespace evmicro::detail
