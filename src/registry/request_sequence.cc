#include "registry/request_sequence.h"

#include <cassert>
#include <iterator>
#include <memory>
#include <utility>

namespace evmicro::detail {

RequestSequence::RequestSequence(Private, std::vector<Step> steps, OnError onError, Done done)
    : steps_(std::move(steps)), onError_(onError), done_(std::move(done)) {}

Call RequestSequence::run(std::vector<Step> steps, OnError onError, Done done) {
  assert(!steps.empty());
  auto sequence =
      std::make_shared<RequestSequence>(Private{}, std::move(steps), onError, std::move(done));
  sequence->proceed();
  return Call(std::move(sequence));
}

void RequestSequence::insert(std::vector<Step> steps) {
  steps_.insert(steps_.begin() + static_cast<std::ptrdiff_t>(next_),
                std::make_move_iterator(steps.begin()), std::make_move_iterator(steps.end()));
}

void RequestSequence::proceed() {
  const Step step = std::move(steps_[next_++]);
  inFlight_ = step(*this);
}

void RequestSequence::ended(Status status) {
  if (firstError_.ok()) firstError_ = std::move(status);
  const bool stop = !firstError_.ok() && onError_ == OnError::kStop;
  if (!stop && next_ < steps_.size()) return proceed();
  const Done done = std::move(done_);
  const Status result = std::move(firstError_);
  done(result);  // may destroy this object
}

}  // namespace evmicro::detail
