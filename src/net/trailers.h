#pragma once

#include <evmicro/metadata.h>

namespace evmicro::detail {

/// A socket whose conversation ends with metadata, as gRPC's: an accepted one.
class SendsTrailers {
 public:
  /// Sent with the end of the conversation, unless that has been sent.
  virtual void setTrailers(const Metadata& trailers) = 0;

 protected:
  ~SendsTrailers() = default;
};

/// The same, dialled.
class ReceivesTrailers {
 public:
  /// Those that came with the end; empty before.
  virtual const Metadata& trailers() const noexcept = 0;

 protected:
  ~ReceivesTrailers() = default;
};

}  // namespace evmicro::detail
