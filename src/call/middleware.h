#pragma once

#include <memory>
#include <vector>

#include <evmicro/wrapper.h>

namespace evmicro::detail {

/// The wrappers of a client or server, in the order in which they were added. Shared with the calls
/// that are passing through them.
using Wrappers = std::shared_ptr<const std::vector<Wrapper>>;

/// A call that passes through the wrappers, and what follows the last of them. Owned by the
/// functions that are given to the wrappers.
class WrappedCall {
 public:
  WrappedCall() = default;
  WrappedCall(const WrappedCall&) = delete;
  WrappedCall& operator=(const WrappedCall&) = delete;
  virtual ~WrappedCall() = default;

  /// Valid as long as this object.
  virtual CallInfo info() const = 0;
  /// False: the call is over, and no further wrapper is called.
  virtual bool open() const = 0;
  /// Continues with the handler, or with sending. Runs at most once.
  virtual void reach(Context context, CallDone done) = 0;
};

/// Passes `call` through `wrappers` and then to reach(). A second call of `next` by a wrapper is
/// ignored and logged. An exception from a wrapper ends the call with an error 500, which goes to
/// the `done` that the wrapper was given.
void runMiddleware(std::shared_ptr<WrappedCall> call, Wrappers wrappers, Context context,
                   CallDone done);

}  // namespace evmicro::detail
