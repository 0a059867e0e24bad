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

/// One call: from choosing a node to the reply, with all its attempts, within one deadline.
class ClientCall final : private Socket::Observer,
                         private Deadlines::Entry,
                         private Attempts::Observer,
                         public Abandonable {
 public:
  using All = std::list<ClientCall>;

  /// `done` runs exactly once, in a later turn, unless the call is destroyed before. The call
  /// destroys itself, in `all`, before that.
  ClientCall(ClientShared& shared, All& all, std::shared_ptr<PreparedCall> prepared,
             Context context, CallDone done);
  ClientCall(const ClientCall&) = delete;
  ClientCall& operator=(const ClientCall&) = delete;
  ~ClientCall();

  /// Begins the first attempt, or says in a later turn why it cannot. `place` is where it is in
  /// `all`.
  void begin(All::iterator place);
  /// Breaks the call off. Without wrappers `done` does not run any more; with them it runs in a
  /// later turn, because they have to know.
  void abandon() noexcept override;

 private:
  void onConnection(NodeConnection connection) override;
  void onNoAnswer(Status why) override;
  Buffer takeBody(std::uint64_t seq);
  void onMessage(Message& message) override;
  void onPeerFinished() override;
  void onClosed(Status why) override;
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
  Subscription cancelled_;
  Call pending_;  // last: an end to be told in a later turn
};

}  // namespace evmicro::detail
