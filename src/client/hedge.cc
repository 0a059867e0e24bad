#include "client/hedge.h"

#include <algorithm>
#include <utility>

#include "client/client_call.h"

namespace evmicro::detail {

// Of its own it makes one attempt; nodes that are not reached are passed over, as always.
Hedge::Hedge(ClientCall& call)
    : Entry(call.shared().deadlines),
      call_(call),
      attempts_(call.shared().nodes, &call.prepared(), *this, Attempts::Reuse::kYes, 1) {}

Hedge::~Hedge() { cancel(); }

void Hedge::startAfter(std::chrono::milliseconds time) {
  startDeadline(EventLoop::now() + std::max(time, std::chrono::milliseconds(0)));
}

void Hedge::cancel() {
  stopDeadline();
  underWay_ = false;
  attempts_.cancel();
  if (!connection_.socket) return;
  connection_.socket->abort();
  call_.drop(connection_);
}

void Hedge::end(const Status& outcome) {
  cancel();
  attempts_.end(outcome);
}

// While the first attempt still looks for a node there is nothing to be faster than.
void Hedge::onDeadline() {
  if (call_.node().id.empty() || !call_.shared().nodes.budget.spend()) return;
  underWay_ = true;
  attempts_.exclude(call_.node().id);
  attempts_.begin(call_.deadline());
}

void Hedge::onConnection(NodeConnection connection) {
  connection_ = std::move(connection);
  if (!std::exchange(sent_, true)) ++call_.shared().hedges;
  connection_.socket->observe(this);
  call_.send(attempts_, connection_);
}

void Hedge::onNoAnswer(Status /*why*/) {
  underWay_ = false;
  if (!sent_) call_.shared().nodes.budget.refund();  // there is no other node
  call_.hedgeFailed();
}

void Hedge::onMessage(Message& message) {
  const Status problem = call_.take(attempts_, connection_, message);
  if (!problem.ok()) noAnswer(problem);  // else this object is gone
}

void Hedge::onPeerFinished() {
  noAnswer(Status::internal("the connection was closed without a reply"));
}

void Hedge::onClosed(Status why) { noAnswer(std::move(why)); }

void Hedge::noAnswer(Status why) {
  const Socket* const socket = connection_.socket.get();
  call_.drop(connection_);
  attempts_.failed(why.ok() ? Status::internal("the connection was closed") : std::move(why),
                   socket);
}

}  // namespace evmicro::detail
