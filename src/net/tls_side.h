#pragma once

#include <vector>

#include <evmicro/status.h>

#include "net/tls_handles.h"

namespace evmicro::detail {

class TlsStream;

/// What a TlsStream asks of the TlsServer or TlsClient that has made it.
class TlsSide {
 public:
  virtual ~TlsSide() = default;

  /// An SSL with whatever the handshake of `stream` needs; BIOs excepted.
  virtual SslHandle newSsl(TlsStream& stream) = 0;
  /// The handshake has ended: ok(), or why it failed.
  virtual void onHandshakeEnd(TlsStream& stream, const Status& outcome) = 0;
  /// It is destroyed.
  virtual void forget(TlsStream& /*stream*/) noexcept {}

  /// A buffer with room, for one who is about to write: idle streams hold none.
  void lendOutput(std::vector<char>& output) noexcept;
  /// Takes that room back.
  void returnOutput(std::vector<char>& output) noexcept;

 private:
  std::vector<char> spare_;
};

/// A TlsSide whose streams are accepted: it decides when a handshake begins.
class TlsAcceptingSide : public TlsSide {
 public:
  /// A whole ClientHello is there: `stream` waits for beginHandshake(), which may come at once.
  virtual void onHello(TlsStream& stream) = 0;
};

}  // namespace evmicro::detail
