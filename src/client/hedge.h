#pragma once

#include <chrono>

#include <evmicro/status.h>
#include <evmicro/transport.h>

#include "call/attempts.h"
#include "event/deadlines.h"

namespace evmicro::detail {

class ClientCall;

/// The second attempt of a call that may be hedged, see CallOptions::hedgeAfter: waits for its
/// time, chooses another node, and sends the same request there. The call decides what counts.
class Hedge final : private Socket::Observer, private Deadlines::Entry, private Attempts::Observer {
 public:
  /// `call` owns this.
  explicit Hedge(ClientCall& call);
  Hedge(const Hedge&) = delete;
  Hedge& operator=(const Hedge&) = delete;
  ~Hedge();

  void startAfter(std::chrono::milliseconds time);
  /// Whether it may still bring an answer.
  bool underWay() const noexcept { return underWay_; }
  /// Breaks it off.
  void cancel();
  /// The same, with an end for the selector unless it has had one.
  void end(const Status& outcome);

 private:
  void onDeadline() override;
  void onConnection(NodeConnection connection) override;
  void onNoAnswer(Status why) override;
  void onMessage(Message& message) override;
  void onPeerFinished() override;
  void onClosed(Status why) override;
  void noAnswer(Status why);

  ClientCall& call_;
  bool underWay_ = false;
  bool sent_ = false;
  Attempts attempts_;
  NodeConnection connection_;
};

}  // namespace evmicro::detail
