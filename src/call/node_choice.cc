#include "call/node_choice.h"

#include <utility>

#include <evmicro/event_loop.h>

#include "call/prepared_call.h"

namespace evmicro::detail {

NodeChoice::NodeChoice(EventLoop& loop, Selector& selector, const PreparedCall* prepared)
    : loop_(loop), selector_(selector), prepared_(prepared) {}

NodeChoice::~NodeChoice() {
  if (open_) end(Status::cancelled("given up by the caller"));
}

bool NodeChoice::choose(std::function<void(Status)> later) {
  if (!prepared_->options.address.empty()) return true;
  std::optional<Status> outcome = tryToChoose();
  if (outcome && outcome->ok()) return true;
  if (outcome) {
    pending_ = loop_.defer([later = std::move(later), why = std::move(*outcome)] { later(why); });
    return false;
  }
  pending_ = selector_.prepare(prepared_->service, [this, later = std::move(later)](Status known) {
    std::optional<Status> second;
    if (known.ok()) second = tryToChoose();
    if (known.ok() && !second) known = Status::notFound("selector: it knows of no node after all");
    later(second ? std::move(*second) : std::move(known));
  });
  return false;
}

// Nothing: the selector does not know yet.
std::optional<Status> NodeChoice::tryToChoose() {
  auto chosen = selector_.choose(prepared_->service, {prepared_->options.filters, tried_});
  if (!chosen) return std::nullopt;
  if (!chosen->ok()) return std::move(*chosen).status();
  node_ = std::move(**chosen);
  address_ = node_->dialAddress();
  open_ = true;
  return Status();
}

void NodeChoice::end(const Status& outcome) {
  if (!std::exchange(open_, false)) return;
  if (!outcome.ok()) tried_.push_back(node_->id);
  selector_.mark(prepared_->service, *node_, outcome);
}

const Node& NodeChoice::node() const noexcept {
  static const Node kNone;
  return node_ ? *node_ : kNone;
}

const std::string& NodeChoice::address() const noexcept {
  return prepared_->options.address.empty() ? address_ : prepared_->options.address;
}

}  // namespace evmicro::detail
