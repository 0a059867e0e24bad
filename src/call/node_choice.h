#pragma once

#include <functional>
#include <string>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/selector.h>

#include "call/node_access.h"

namespace evmicro::detail {

struct PreparedCall;

/// The destination of an attempt: the fixed address of the call, or a node that the selector
/// chooses. The end of every choice is reported to the selector, exactly once and whatever the
/// outcome.
class NodeChoice {
 public:
  enum class Kind { kCall, kStream };

  /// All references must outlive it.
  NodeChoice(NodeAccess& access, const PreparedCall* prepared, Kind kind);
  NodeChoice(const NodeChoice&) = delete;
  NodeChoice& operator=(const NodeChoice&) = delete;
  /// Ends an open choice as cancelled.
  ~NodeChoice();

  /// Chooses a node, avoiding those that have failed before or are ejected. True: chosen. False:
  /// `later` runs in a later turn, after choosing or with the error; never after this object has
  /// been destroyed.
  bool choose(std::function<void(Status)> later);
  /// Before the first choose(): never choose the node `id`. kNotFound if there is no other node.
  void exclude(const std::string& id);
  /// The node has answered, with whatever result.
  void answered() {
    answered_ = true;
    access_.outliers.answered(ticket_);
  }
  /// Reports how the attempt ended; no effect if nothing is chosen. After a failure choose() may be
  /// called again; node() and address() stay valid until then.
  void end(const Status& outcome);
  /// Stops waiting for a choice.
  void cancel() { pending_.cancel(); }

  /// The last chosen node; one without an id if there is none, or if the address is fixed.
  const Node& node() const noexcept;
  /// The address to dial; valid until the next choose(). @pre chosen
  const std::string& address() const noexcept;
  /// Of that address, in the connection pool; null if the address is fixed.
  ConnectionPool::Place* place() const noexcept { return known_ ? &known_->idle : nullptr; }

 private:
  std::optional<Status> tryToChoose();
  std::optional<Result<Selector::NodePtr>> ask();

  NodeAccess& access_;
  const Kind kind_;
  const PreparedCall* prepared_;  // null only if choose() is never called
  Selector::NodePtr node_;
  KnownNode* known_ = nullptr;  // node_
  bool open_ = false;           // chosen, and end() not called yet
  bool answered_ = false;       // since it was chosen
  bool excludes_ = false;       // the first of tried_, permanently
  std::vector<std::string> tried_;
  Outliers::Ticket ticket_;
  Call pending_;
};

}  // namespace evmicro::detail
