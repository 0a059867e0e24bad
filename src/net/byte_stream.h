#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <evmicro/buffer.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro::detail {

/// An ordered stream of bytes in both directions, whatever carries it: TcpStream, or TLS on top of
/// one. Protocols (HTTP/1.1, HTTP/2) use only this interface.
///
/// Destroying it closes the connection immediately. It may be destroyed from its own callbacks.
class ByteStream {
 public:
  /// Called from the loop only, never from within a function of ByteStream.
  class Observer {
   public:
    /// A dialled connection is ready for use, or the handshake of an accepted one has succeeded.
    virtual void onConnected() {}
    /// The peer of an accepted connection has started a handshake, which should be limited in time.
    virtual void onHandshake() {}
    /// The handshake is being answered: until now it had to wait for this side. Must not destroy
    /// anything.
    virtual void onHandshakeAnswered() {}
    /// unread() has changed. Must not destroy anything.
    virtual void onUnreadChanged() {}
    /// An accepted connection is unusable. kInvalid: the peer does not speak TLS; what is written
    /// now goes to it without TLS. Other kinds: the handshake failed, and an alert tells the peer
    /// why. Input is discarded. Shut the connection down in order, or the peer may miss the reason.
    virtual void onRefused(Status why) { onError(std::move(why)); }
    /// Bytes have arrived; the view is valid until this returns. May still run after stopReading(),
    /// for at most 16 KiB that had been received before.
    virtual void onBytes(std::string_view bytes) = 0;
    /// Runs after wake().
    virtual void onWoken() = 0;
    /// Output has been written, and at most the low-water mark is still queued.
    virtual void onDrained() = 0;
    /// The peer has ended its sending side.
    virtual void onEof() = 0;
    /// The connection broke (kInternal) or could not be established (kUnavailable). No callback
    /// follows.
    virtual void onError(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  /// Sets the observer; the first must be set before the loop turns. A later one takes over the
  /// connection, but not the bytes that have been delivered already.
  virtual void observe(Observer& observer) noexcept = 0;

  /// False until a dialled connection is ready.
  virtual bool connected() const noexcept = 0;
  /// Written bytes that are still queued.
  virtual std::size_t queued() const noexcept = 0;
  /// The same plus the bytes in the kernel that the peer has not acknowledged.
  virtual std::size_t untaken() const noexcept { return queued(); }
  /// Received bytes that are kept here because they cannot be delivered yet.
  virtual std::size_t unread() const noexcept { return 0; }
  /// Sends `head`, then `body` (which is emptied), or queues them. Errors are reported by
  /// onError().
  virtual void write(std::string_view head, Buffer& body) = 0;
  /// onDrained() runs when at most `bytes` are queued.
  virtual void setLowWater(std::size_t bytes) noexcept = 0;

  virtual void stopReading() = 0;
  virtual void startReading() = 0;
  /// Makes onWoken() run in a later turn.
  virtual void wake() = 0;
  /// Whether nothing from the peer is undelivered, neither bytes nor its EOF. Makes a system call.
  virtual bool quiet() const noexcept = 0;

  /// Whether the connection ended without the end that TLS requires, after onEof(): a third party
  /// may have cut it off.
  virtual bool truncated() const noexcept { return false; }

  /// Shuts down the sending side. @pre connected() and nothing is queued
  virtual void shutdownWrite() = 0;
  /// Closes immediately, in a way that the peer can tell from an orderly close. The observer is not
  /// called afterwards.
  virtual void reset() = 0;

  /// `host:port`, IPv6 in brackets, or `unix:///path` (`unix:` for a peer without a path, as most
  /// clients are); empty when not connected.
  virtual std::string peerAddress() const = 0;
  virtual std::string localAddress() const = 0;
  /// Whether it is encrypted.
  virtual bool secure() const noexcept { return false; }
  /// The verified certificate of the peer; null if there is none.
  virtual std::shared_ptr<const PeerCertificate> peerCertificate() const { return nullptr; }
};

}  // namespace evmicro::detail
