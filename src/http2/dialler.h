#pragma once

#include <memory>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/transport.h>

namespace evmicro::detail {

/// Dials by gRPC: all sockets to one address are streams on one connection, as many as the peer
/// takes at a time, then on another one.
///
/// The first message that is sent opens the stream; its header `:rpc` is the method, with or
/// without a package, and Content-Type and Timeout are go-micro's. With Stream-For its body is
/// dropped; otherwise it is the only message, and the reply comes once its status is known. The end
/// of a reply comes as a message with the flag of errors: the error's text, or `EOS`.
class Http2Dialler {
 public:
  Http2Dialler() = default;
  Http2Dialler(const Http2Dialler&) = delete;
  Http2Dialler& operator=(const Http2Dialler&) = delete;
  virtual ~Http2Dialler() = default;

  /// As Transport::dial().
  virtual Result<std::unique_ptr<Socket>> dial(std::string_view address,
                                               const DialOptions& options) = 0;
  /// As Transport::reloadTls().
  virtual Status reloadTls() = 0;
};

/// `loop` must outlive it and its sockets. Null: this build has no HTTP/2.
std::unique_ptr<Http2Dialler> makeHttp2Dialler(EventLoop& loop);

}  // namespace evmicro::detail
