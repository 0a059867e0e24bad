#pragma once

#include <evmicro/codec.h>
#include <evmicro/stream.h>

namespace evmicro::detail {

/// A message of a stream whose payload is decoded on demand, into the receiver's object.
class StreamMessage final : public Incoming {
 public:
  StreamMessage(const Codec& codec, Frame& frame, Buffer& body)
      : codec_(codec), frame_(frame), body_(body) {}
  Status read(PayloadTarget target) override { return codec_.readPayload(frame_, body_, target); }

 private:
  const Codec& codec_;
  Frame& frame_;
  Buffer& body_;
};

}  // namespace evmicro::detail
