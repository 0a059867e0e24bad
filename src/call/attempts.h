#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/timer.h>
#include <evmicro/transport.h>

#include "call/node_access.h"
#include "call/node_choice.h"
#include "call/prepared_call.h"
#include "call/pushback.h"

namespace evmicro::detail {

/// The attempts of one call or stream: chooses a node, gets a connection to it, tries another node
/// after a pause when that is safe, and describes what was tried in the error.
///
/// An attempt with which nothing ran (the node was not reached, or refused for now) is free: up to
/// three nodes are tried. An attempt that may have run the call counts; there are at most `allowed`
/// of these. A peer that refuses may say when it wants to be asked again, or that nobody shall be:
/// see Pushback. The retry budget pays for every attempt but the first, and those that follow a
/// node that was not reached.
class Attempts {
 public:
  class Observer {
   public:
    /// A connection for the request. May run within begin().
    virtual void onConnection(NodeConnection connection) = 0;
    /// All attempts have failed: `why` says what was tried. Never within begin(). May destroy the
    /// attempts.
    virtual void onNoAnswer(Status why) = 0;

   protected:
    ~Observer() = default;
  };
  /// Whether a pooled connection may be used: for calls, not for streams.
  enum class Reuse { kNo, kYes };

  /// All references must outlive it. `prepared` may be null if begin() is never called.
  Attempts(NodeAccess& access, const PreparedCall* prepared, Observer& observer, Reuse reuse,
           int allowed);

  /// Starts the first attempt. None starts at `deadline` or later.
  void begin(std::optional<EventLoop::Clock::time_point> deadline);
  /// Notes what the peer's reply says about trying again: call it before failed().
  void heed(const Metadata& headers);
  /// The attempt has failed, and its connection has been dropped: starts another one in a later
  /// turn, or calls onNoAnswer, which may destroy this object. kUnavailable and kOverloaded mean
  /// that nothing ran; kInvalid and kNotFound that another node would answer the same.
  void failed(Status why);
  /// The same for an attempt whose `socket` has closed, which says more.
  void failed(Status why, const Socket* socket);
  /// The node has answered, with whatever result.
  void answered() { choice_.answered(); }
  /// Keeps `connection`, of the current attempt, for the next call.
  void keep(NodeConnection connection) {
    access_.pool.give(choice_.address(), std::move(connection), choice_.place());
  }
  /// Reports to the selector how the attempt ended.
  void end(const Status& outcome) { choice_.end(outcome); }
  /// Starts no more attempts.
  void cancel();
  /// Before begin(): never goes to the node `id`. Where there is no other: kNotFound.
  void exclude(const std::string& id) { choice_.exclude(id); }

  /// The destination of the current attempt.
  const std::string& address() const noexcept { return choice_.address(); }
  const Node& node() const noexcept { return choice_.node(); }
  /// Whether the request may have to be sent again after this attempt.
  bool mayGoOn() const noexcept;
  /// Adds what was tried, where and how often to an error.
  Status describe(Status why) const;
  /// Why the previous attempt failed; ok() if there was none.
  const Status& lastFailure() const noexcept { return lastFailure_; }

 private:
  // A peer that wants to be left alone.
  struct Resting {
    std::string address;
    EventLoop::Clock::time_point until;
  };

  void choose();
  void approach();
  void connect();
  EventLoop::Clock::time_point restsUntil(const std::string& address) const;
  Result<std::unique_ptr<Socket>> dial(bool tlsRequired, bool grpc);
  // Who may be tried next; kAsBefore: the same peer, which has refused nothing.
  enum class Peer { kOther, kSame, kAsBefore };
  void failed(Status why, Peer peer);
  bool goesOn(const Status& why, Peer peer) const;
  std::optional<std::string_view> reasonToStop(const Status& why, EventLoop::Clock::duration pause,
                                               const Pushback& pushback);
  bool mayStartAt(EventLoop::Clock::time_point time) const;

  NodeAccess& access_;
  const PreparedCall* const prepared_;
  Observer& observer_;
  const Reuse reuse_;
  const int allowed_;
  std::optional<EventLoop::Clock::time_point> deadline_;
  NodeChoice choice_;
  int made_ = 0;  // attempts that may have run the call
  int free_ = 0;  // attempts with which nothing ran
  Status lastFailure_;
  Pushback pushback_;  // of the current attempt
  std::vector<Resting> resting_;
  std::unique_ptr<Timer> pause_;
  Call pending_;  // last: a failure to be reported in a later turn
};

}  // namespace evmicro::detail
