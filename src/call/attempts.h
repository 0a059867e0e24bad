#pragma once

#include <memory>
#include <optional>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "call/node_access.h"
#include "call/node_choice.h"
#include "call/prepared_call.h"

namespace evmicro::detail {

/// The attempts of one call or stream: chooses a node, gets a connection to it, goes to another
/// node after a pause when that is safe, and says what was tried.
///
/// An attempt of which nothing ran (the node was not reached, or it refused for now) is free: up to
/// three nodes are tried. One that may have run something counts, and is followed by another only
/// when `allowed` says so.
class Attempts {
 public:
  class Observer {
   public:
    /// A connection to send the request on. May run within begin().
    virtual void onConnection(NodeConnection connection) = 0;
    /// There will be no answer: `why` says what was tried. Never within begin(). May destroy the
    /// attempts.
    virtual void onNoAnswer(Status why) = 0;

   protected:
    ~Observer() = default;
  };
  /// Whether a connection that was kept from an earlier call will do: for calls, not for streams.
  enum class Reuse { kNo, kYes };

  /// All must outlive it. `prepared` may be null when nothing is ever begun.
  Attempts(NodeAccess& access, const PreparedCall* prepared, Observer& observer, Reuse reuse,
           int allowed);

  /// The first attempt. None begins at `deadline` or later.
  void begin(std::optional<EventLoop::Clock::time_point> deadline);
  /// The attempt has brought no answer: begins another in a later turn, or calls onNoAnswer, after
  /// which this object may be gone. kUnavailable and kOverloaded: nothing ran. kInvalid and
  /// kNotFound: it would be the same anywhere. The connection has been dropped.
  void failed(Status why);
  /// The node has answered, whatever it said.
  void answered() { choice_.answered(); }
  /// How the attempt ended, for the selector.
  void end(const Status& outcome) { choice_.end(outcome); }
  /// Begins no more.
  void cancel();

  /// Where the attempt goes.
  const std::string& address() const noexcept { return choice_.address(); }
  const Node& node() const noexcept { return choice_.node(); }
  /// Whether the request may have to be sent again after this attempt.
  bool mayGoOn() const noexcept;
  /// The error with what was tried, where and how often.
  Status describe(Status why) const;
  /// Why the attempt before failed; ok() when there was none.
  const Status& lastFailure() const noexcept { return lastFailure_; }

 private:
  void choose();
  void connect();
  bool goesOn(const Status& why, EventLoop::Clock::duration pause) const;

  NodeAccess& access_;
  const PreparedCall* const prepared_;
  Observer& observer_;
  const Reuse reuse_;
  const int allowed_;
  std::optional<EventLoop::Clock::time_point> deadline_;
  NodeChoice choice_;
  int made_ = 0;  // that may have run something
  int free_ = 0;  // of which nothing ran
  Status lastFailure_;
  std::unique_ptr<Timer> pause_;
  Call pending_;  // last: a failure to be told in a later turn
};

}  // namespace evmicro::detail
