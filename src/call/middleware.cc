#include "call/middleware.h"

#include <utility>

#include "base/log.h"
#include "call/user_code.h"

namespace evmicro::detail {

namespace {

// The progress of a call. Shared by the CallNext of all its wrappers.
struct Progress {
  std::shared_ptr<WrappedCall> call;
  Wrappers wrappers;
  std::size_t reached = 0;  // wrappers that have been called
};

void step(const std::shared_ptr<Progress>& progress, std::size_t index, Context context,
          CallDone done);

CallNext nextOf(const std::shared_ptr<Progress>& progress, std::size_t index) {
  return [progress, index](Context context, CallDone done) {
    step(progress, index, std::move(context), std::move(done));
  };
}

void step(const std::shared_ptr<Progress>& progress, std::size_t index, Context context,
          CallDone done) {
  WrappedCall& call = *progress->call;
  if (!call.open()) return;
  if (progress->reached != index) {
    EVMICRO_LOG_WARN("call", "a wrapper called next twice for " << call.info().method
                                                                << ": the second call is ignored");
    return;
  }
  ++progress->reached;
  if (index == progress->wrappers->size()) {
    call.reach(std::move(context), std::move(done));
    return;
  }
  const Wrapper& wrapper = (*progress->wrappers)[index];
  const auto kept = progress;  // the wrapper may destroy the last function that owns it
  Status thrown = runUserCode("a wrapper", [&] {
    wrapper(std::move(context), kept->call->info(), nextOf(kept, index + 1), done);
  });
  if (!thrown.ok() && done) done(std::move(thrown));
}

}  // namespace

void runMiddleware(std::shared_ptr<WrappedCall> call, Wrappers wrappers, Context context,
                   CallDone done) {
  auto progress = std::make_shared<Progress>();
  progress->call = std::move(call);
  progress->wrappers = std::move(wrappers);
  step(progress, 0, std::move(context), std::move(done));
}

}  // namespace evmicro::detail
