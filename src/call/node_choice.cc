#include "call/node_choice.h"

#include <utility>

#include "call/prepared_call.h"

namespace evmicro::detail {

NodeChoice::NodeChoice(NodeAccess& access, const PreparedCall* prepared, Kind kind)
    : access_(access), kind_(kind), prepared_(prepared) {}

NodeChoice::~NodeChoice() {
  if (open_) end(Status::cancelled("cancelled by the caller"));
}

bool NodeChoice::choose(std::function<void(Status)> later) {
  if (!prepared_->options.address.empty()) return true;
  std::optional<Status> outcome = tryToChoose();
  if (outcome && outcome->ok()) return true;
  if (outcome) {
    pending_ =
        access_.loop.defer([later = std::move(later), why = std::move(*outcome)] { later(why); });
    return false;
  }
  pending_ =
      access_.selector.prepare(prepared_->service, [this, later = std::move(later)](Status known) {
        std::optional<Status> second;
        if (known.ok()) second = tryToChoose();
        if (known.ok() && !second) known = Status::notFound("selector: no node is known");
        later(second ? std::move(*second) : std::move(known));
      });
  return false;
}

// nullopt: the selector does not know the service yet.
std::optional<Status> NodeChoice::tryToChoose() {
  auto chosen = ask();
  if (!chosen) return std::nullopt;
  if (!chosen->ok()) return std::move(*chosen).status();
  if (excludes_ && (**chosen)->id == tried_.front()) {
    access_.selector.mark(prepared_->service, ***chosen, Status::cancelled("not called"));
    return Status::notFound("there is no other node");
  }
  node_ = std::move(**chosen);
  known_ = &access_.known.of(node_);
  open_ = true;
  answered_ = false;
  if (kind_ == Kind::kCall) {
    ticket_ = access_.outliers.begin(prepared_->service, known_->address, known_->outlier);
  }
  return Status();
}

// Selectors avoid tried nodes, so ejected nodes are passed as tried ones.
std::optional<Result<Selector::NodePtr>> NodeChoice::ask() {
  const auto& filters = prepared_->options.filters;
  const std::vector<std::string>* const ejected = access_.outliers.ejected(prepared_->service);
  if (!ejected) return access_.selector.choose(prepared_->service, {filters, tried_});
  std::vector<std::string> avoided = tried_;
  avoided.insert(avoided.end(), ejected->begin(), ejected->end());
  return access_.selector.choose(prepared_->service, {filters, avoided});
}

void NodeChoice::exclude(const std::string& id) {
  excludes_ = true;
  tried_.push_back(id);
}

void NodeChoice::end(const Status& outcome) {
  if (!std::exchange(open_, false)) return;
  if (!outcome.ok()) tried_.push_back(node_->id);
  // A node that refuses by an answer is there, and may only be busy.
  Status busy;
  if (answered_ && outcome.kind() == ErrorKind::kUnavailable) {
    busy = Status::overloaded(outcome.detail());
  }
  const Status& said = busy.ok() ? outcome : busy;
  if (kind_ == Kind::kCall) {
    access_.outliers.ended(ticket_, said);
  } else {
    access_.outliers.streamEnded(prepared_->service, known_->address, said);
  }
  access_.selector.mark(prepared_->service, *node_, said);
}

const Node& NodeChoice::node() const noexcept {
  static const Node kNone;
  return node_ ? *node_ : kNone;
}

const std::string& NodeChoice::address() const noexcept {
  return known_ ? known_->address : prepared_->options.address;
}

}  // namespace evmicro::detail
