#pragma once

#include <memory>

#include <event2/event_struct.h>

#include <evmicro/event_loop.h>

#include "event/handles.h"
#include "net/byte_stream.h"
#include "net/dialler.h"

namespace evmicro::detail {

/// A TCP connection, accepted or dialled.
///
/// It has events of its own on the descriptor: a bufferevent asks the kernel how much there is
/// before it reads, keeps a buffer per connection, and costs more than all the rest of a small
/// call.
class TcpStream final : public ByteStream, private Dialler::Observer {
 public:
  /// Goes on with a connection that is made; `fd`, not blocking, belongs to it from now on.
  TcpStream(EventLoop& loop, int fd);
  /// Connects to `host` (a name is looked up with `resolver`).
  TcpStream(EventLoop& loop, Resolver& resolver, const std::string& host, std::uint16_t port);
  /// Closes at once.
  ~TcpStream() override;

  void observe(ByteStream::Observer& observer) noexcept override { observer_ = &observer; }
  bool connected() const noexcept override { return fd_ >= 0; }
  std::size_t queued() const noexcept override { return queue_.size(); }
  /// At once in one system call, when nothing is queued and nothing has been sent since the last
  /// event. Else it waits for the loop, so that what is sent in one go, such as the messages of a
  /// stream, goes out together, 64 KiB at a time.
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
  void watchWritable();
  void read();
  void flush();
  void fail(int error);
  void onDialled(int fd) override;
  void onDialFailed(Status why) override;
  static void onReadEvent(evutil_socket_t fd, short what, void* self) noexcept;
  static void onWriteEvent(evutil_socket_t fd, short what, void* self) noexcept;

  EventLoop& loop_;
  ByteStream::Observer* observer_ = nullptr;
  int fd_ = -1;          // owned
  bool reading_ = true;  // wanted
  bool woken_ = false;
  bool fresh_ = true;  // nothing has been sent since the last event
  bool full_ = false;  // the kernel takes no more for now
  std::size_t lowWater_ = 0;
  Buffer queue_;  // waits for the peer
  event read_{};
  EventHandle write_;  // made for the first peer that is slow
  std::unique_ptr<Dialler> dialler_;
};

/// `host:port` that a socket is bound to; empty when there is none.
std::string localAddressOf(int fd);

}  // namespace evmicro::detail
