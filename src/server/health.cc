#include <evmicro/health.h>

#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/observers.h>

#include "base/hidden.h"

namespace evmicro {

struct EVMICRO_HIDDEN Health::Part {
  Part(EventLoop& loop, std::string of) : name(std::move(of)), observers(loop) {}

  const std::string name;
  Status status;
  Observers<Status> observers;
};

Health::Health(EventLoop& loop, std::string part)
    : part_(std::make_shared<Part>(loop, std::move(part))) {}

void Health::set(Status status) const {
  const bool same = part_->status.ok() == status.ok() && part_->status.detail() == status.detail();
  part_->status = std::move(status);
  if (!same) part_->observers.notify(std::make_shared<const Status>(part_->status));
}

const Status& Health::status() const noexcept { return part_->status; }

Subscription Health::onChange(std::function<void(Status)> changed) const {
  return part_->observers.add(std::move(changed));
}

const std::string& Health::part() const noexcept { return part_->name; }

}  // namespace evmicro
