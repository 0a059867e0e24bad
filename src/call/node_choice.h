#pragma once

#include <functional>
#include <string>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/selector.h>

#include "call/node_access.h"

namespace evmicro::detail {

struct PreparedCall;

/// Where an attempt goes: to the fixed address of the call, or to a node that the selector chooses.
/// Every choice is told to the selector when it has ended, whatever the end.
class NodeChoice {
 public:
  enum class Kind { kCall, kStream };

  /// All must outlive it.
  NodeChoice(NodeAccess& access, const PreparedCall* prepared, Kind kind);
  NodeChoice(const NodeChoice&) = delete;
  NodeChoice& operator=(const NodeChoice&) = delete;
  /// Ends it as cancelled.
  ~NodeChoice();

  /// Chooses, without the nodes that have failed before or are ejected, if possible. True: done.
  /// False: `later` runs in a later turn, when it has chosen or with the error; never after this
  /// object has gone.
  bool choose(std::function<void(Status)> later);
  /// The node has answered, whatever it said.
  void answered() { access_.outliers.answered(ticket_); }
  /// How the attempt ended; no effect when nothing is chosen. After a failure another choose() may
  /// follow; node() and address() stay until then.
  void end(const Status& outcome);
  /// Stops waiting for a choice.
  void cancel() { pending_.cancel(); }

  /// The node chosen last; one without an id when none was, or the address is fixed.
  const Node& node() const noexcept;
  /// What to dial; good until the next choose(). @pre chosen
  const std::string& address() const noexcept;

 private:
  std::optional<Status> tryToChoose();
  std::optional<Result<Selector::NodePtr>> ask();

  NodeAccess& access_;
  const Kind kind_;
  const PreparedCall* prepared_;  // null only when nothing is ever chosen
  Selector::NodePtr node_;
  std::string address_;  // of node_
  bool open_ = false;    // chosen and not ended
  std::vector<std::string> tried_;
  Outliers::Ticket ticket_;
  Call pending_;
};

}  // namespace evmicro::detail
