#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <evmicro/buffer.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// Bytes both ways on a connection, in order, whatever carries them: TcpStream, or TLS on top of
/// one. Protocols (HTTP/1.1, later HTTP/2) are written against this alone.
///
/// Destroying it closes the connection at once; destroying it from its own callbacks is fine.
class ByteStream {
 public:
  /// Called from the loop only, never from within a method of ByteStream.
  class Observer {
   public:
    /// A dialled connection is ready for use.
    virtual void onConnected() {}
    /// These bytes have come; the view is good until this returns.
    virtual void onBytes(std::string_view bytes) = 0;
    /// After wake().
    virtual void onWoken() = 0;
    /// Output was written and no more than the low-water mark is left.
    virtual void onDrained() = 0;
    /// The peer has ended its sending side.
    virtual void onEof() = 0;
    /// The connection broke (kInternal) or could not be made (kUnavailable). The last call.
    virtual void onError(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  /// Sets whom it calls. To be set before the loop turns; another one takes the connection over,
  /// bytes that were delivered before excepted.
  virtual void observe(Observer& observer) noexcept = 0;

  /// False until a dialled connection is ready.
  virtual bool connected() const noexcept = 0;
  /// Bytes written that wait for the peer.
  virtual std::size_t queued() const noexcept = 0;
  /// Sends `head`, then `body` (which is emptied), or queues them. Errors come by onError().
  virtual void write(std::string_view head, Buffer& body) = 0;
  /// onDrained() runs when no more than `bytes` are left.
  virtual void setLowWater(std::size_t bytes) noexcept = 0;

  virtual void stopReading() = 0;
  virtual void startReading() = 0;
  /// Makes onWoken() run in a later turn.
  virtual void wake() = 0;
  /// Whether the peer has sent nothing that was not delivered, its end included. Asks the system.
  virtual bool quiet() const noexcept = 0;

  /// Ends the sending side. @pre connected() and nothing is queued
  virtual void shutdownWrite() = 0;
  /// Ends the connection at once in a way that the peer can tell from an orderly end. The observer
  /// is not called any more.
  virtual void reset() = 0;

  /// `host:port`, IPv6 in brackets; empty when not connected.
  virtual std::string peerAddress() const = 0;
  virtual std::string localAddress() const = 0;
};

}  // namespace evmicro::detail
