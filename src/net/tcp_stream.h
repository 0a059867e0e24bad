#pragma once

#include <memory>
#include <string>

#include <event2/event_struct.h>

#include <evmicro/event_loop.h>

#include "event/handles.h"
#include "net/byte_stream.h"
#include "net/dialler.h"

namespace evmicro::detail {

/// A TCP connection, or one of Unix sockets, accepted or dialled.
///
/// It uses events on the descriptor directly: a bufferevent asks the kernel for the number of bytes
/// before it reads, keeps a buffer per connection, and costs more than all the rest of a small
/// call.
class TcpStream final : public ByteStream, private Dialler::Observer {
 public:
  /// Takes over an established connection: owns `fd`, which is non-blocking.
  TcpStream(EventLoop& loop, int fd);
  /// Connects to `host`, see Dialler.
  TcpStream(EventLoop& loop, Resolver& resolver, const std::string& host, std::uint16_t port);
  /// Closes immediately.
  ~TcpStream() override;

  void observe(ByteStream::Observer& observer) noexcept override { observer_ = &observer; }
  bool connected() const noexcept override { return fd_ >= 0; }
  std::size_t queued() const noexcept override { return queue_.size(); }
  std::size_t untaken() const noexcept override;
  /// Makes one system call immediately if nothing is queued and nothing has been sent since the
  /// last event. Otherwise queues, so that messages sent within one turn, such as those of a
  /// stream, go out together, 64 KiB at a time.
  void write(std::string_view head, Buffer& body) override;
  void setLowWater(std::size_t bytes) noexcept override { lowWater_ = bytes; }
  void stopReading() override;
  void startReading() override;
  void wake() override;
  bool quiet() const noexcept override;
  void shutdownWrite() override;
  void reset() override;
  std::string peerAddress() const override;
  std::string localAddress() const override;

 private:
  void open(int fd);
  std::size_t writeDirectly(std::string_view head, Buffer& body);
  void writeQueue();
  void watchReadable();
  void watchWritable();
  void cannotWatch();
  void read();
  void flush();
  void fail(int error);
  void breakOff(std::string why);
  void onDialled(int fd) override;
  void onDialFailed(Status why) override;
  static void onReadEvent(evutil_socket_t fd, short what, void* self) noexcept;
  static void onWriteEvent(evutil_socket_t fd, short what, void* self) noexcept;

  EventLoop& loop_;
  ByteStream::Observer* observer_ = nullptr;
  int fd_ = -1;          // owned
  bool reading_ = true;  // wanted
  bool woken_ = false;
  bool fresh_ = true;       // nothing has been sent since the last event
  bool ended_ = false;      // the sending side is shut down
  bool full_ = false;       // the kernel's buffer is full
  bool unwatched_ = false;  // the system refuses to: the connection is of no use
  std::size_t lowWater_ = 0;
  Buffer queue_;  // bytes to be written
  event read_{};
  EventHandle write_;  // made when the peer is slow for the first time
  std::unique_ptr<Dialler> dialler_;
};

/// The address that a socket is bound to, see SocketAddress::text(); empty if there is none.
std::string localAddressOf(int fd);
/// Whether nothing has been received on `fd` that was not read yet, neither bytes nor the end.
bool isQuiet(int fd) noexcept;

/// Bytes that the system holds for the peer of `fd`, which has not acknowledged them; 0 if unknown.
std::size_t untakenBytes(int fd) noexcept;

}  // namespace evmicro::detail
