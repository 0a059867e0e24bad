#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// A sequence of requests to a registry, with one callback for all of them: a registration takes
/// one or two for each node. Owned by the token that run() returns; dropping it cancels the request
/// in flight and all that follow.
class RequestSequence {
 public:
  enum class OnError { kStop, kContinue };
  using Done = std::function<void(Status)>;
  /// Sends one request, whose callback must call ended() once, in a later turn.
  using Step = std::function<Call(RequestSequence&)>;

  /// Starts the first of `steps` (at least one). `done` gets the first error, after the last step
  /// or, with kStop, after the step that failed. It may destroy the token and anything that the
  /// steps use.
  static Call run(std::vector<Step> steps, OnError onError, Done done);

  RequestSequence(const RequestSequence&) = delete;
  RequestSequence& operator=(const RequestSequence&) = delete;

  /// Inserts steps that run next, before the remaining ones. Call it before ended().
  void insert(std::vector<Step> steps);
  /// The request of the current step has ended. The step's objects must not be used afterwards.
  void ended(Status status);

 private:
  struct Private {};

 public:
  RequestSequence(Private, std::vector<Step> steps, OnError onError, Done done);

 private:
  void proceed();

  std::vector<Step> steps_;
  const OnError onError_;
  Done done_;
  std::size_t next_ = 0;  // index of the next step
  Status firstError_;
  Call inFlight_;  // last: its callback uses all of the above
};

}  // namespace evmicro::detail
