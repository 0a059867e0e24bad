#pragma once

#include <memory>
#include <vector>

#include <evmicro/wrapper.h>

namespace evmicro::detail {

/// The wrappers of a client or server, in the order in which they were added. Shared with the calls
/// that are on their way through them.
using Wrappers = std::shared_ptr<const std::vector<Wrapper>>;

/// One call on its way through the wrappers, and what is behind the last of them. Shared by the
/// functions that the wrappers get; it dies with the last of these.
class WrappedCall {
 public:
  WrappedCall() = default;
  WrappedCall(const WrappedCall&) = delete;
  WrappedCall& operator=(const WrappedCall&) = delete;
  virtual ~WrappedCall() = default;

  /// Good as long as this object.
  virtual CallInfo info() const = 0;
  /// False: the call is over, nothing more is called.
  virtual bool open() const = 0;
  /// The handler, or the way to the wire. Runs once at most.
  virtual void reach(Context context, CallDone done) = 0;
};

/// Takes `call` through `wrappers` and then to reach(). Each wrapper goes on once: when it calls
/// `next` again, that is ignored, and logged. What a wrapper throws ends the call with an error
/// 500, which goes to the `done` that the wrapper was given.
void runMiddleware(std::shared_ptr<WrappedCall> call, Wrappers wrappers, Context context,
                   CallDone done);

}  // namespace evmicro::detail
