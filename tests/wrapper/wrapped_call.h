#pragma once

#include <optional>
#include <utility>

#include <evmicro/wrapper.h>

namespace evmicro::test {

/// One call on its way through one wrapper.
struct WrappedCall {
  explicit WrappedCall(const Wrapper& wrapper, CallInfo info, Context with = Context())
      : context(std::move(with)) {
    wrapper(
        context, info,
        [this](Context inner, CallDone end) {
          reached = std::move(inner);
          finish = std::move(end);
        },
        [this](Status status) { outcome = std::move(status); });
  }
  WrappedCall(const WrappedCall&) = delete;
  WrappedCall& operator=(const WrappedCall&) = delete;

  /// What the wrapper ended the call with: 0 while it goes on, or well.
  int code() const { return outcome ? outcome->code() : 0; }

  Context context;
  std::optional<Context> reached;  ///< with what the wrapper has gone on
  CallDone finish;
  std::optional<Status> outcome;
};

}  // namespace evmicro::test
