#pragma once

namespace evmicro::detail {

/// An accepted socket that is told when its peer has sent everything, so that it can count: gRPC's.
class TakesOneMessage {
 public:
  /// The conversation is a stream for which the peer sends one message: another number ends it with
  /// an error. Call it before that message comes.
  virtual void takeOneMessage() = 0;

 protected:
  ~TakesOneMessage() = default;
};

}  // namespace evmicro::detail
