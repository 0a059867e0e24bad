#pragma once

#include <memory>
#include <string_view>

#include "net/byte_stream.h"
#include "net/peer_limit.h"

namespace evmicro::detail {

/// Takes over accepted connections whose first bytes are HTTP/2's preface.
class Http2Handover {
 public:
  /// `bytes` have arrived already. `ticket` may be null.
  virtual void takeHttp2(std::unique_ptr<ByteStream> stream, std::string_view bytes,
                         std::unique_ptr<PeerLimit::Ticket> ticket) = 0;

 protected:
  ~Http2Handover() = default;
};

}  // namespace evmicro::detail
