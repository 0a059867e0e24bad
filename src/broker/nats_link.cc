#include "broker/nats_link.h"

#include <utility>

#include "broker/nats_worker.h"
#include "event/loop_event.h"

namespace evmicro::detail {

using What = NatsWorker::Command::What;

NatsLink::NatsLink(EventLoop& loop, Options options, Observer& observer)
    : loop_(loop),
      worker_(std::make_shared<NatsWorker>(loop, std::move(options), observer)),
      thread_(NatsWorker::start(worker_)) {}

// A thread that may be blocked by a hanging server is not joined.
NatsLink::~NatsLink() {
  if (inherited(loop_)) {  // the thread, and what it has locked, is in the parent
    thread_.detach();
    static_cast<void>(new std::shared_ptr<NatsWorker>(worker_));
    return;
  }
  worker_->mute();
  worker_->ended() ? thread_.join() : thread_.detach();
}

void NatsLink::close() { worker_->close(); }

void NatsLink::subscribe(std::uint64_t subscription, std::string subject, std::string queue) {
  worker_->command({What::kSubscribe, subscription, std::move(subject), std::move(queue)});
}

void NatsLink::unsubscribe(std::uint64_t subscription) {
  worker_->command({What::kUnsubscribe, subscription, {}, {}});
}

void NatsLink::drain(std::uint64_t subscription) {
  worker_->command({What::kDrain, subscription, {}, {}});
}

void NatsLink::publish(std::uint64_t publication, std::string subject, std::string data) {
  worker_->command({What::kPublish, publication, std::move(subject), std::move(data)});
}

void NatsLink::echo(std::uint64_t number) { worker_->command({What::kEcho, number, {}, {}}); }

}  // namespace evmicro::detail
