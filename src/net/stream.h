#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <event2/event_struct.h>

#include <evmicro/buffer.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>

#include "event/handles.h"
#include "http/server.h"
#include "net/dialler.h"

namespace evmicro::detail {

/// `host:port` of a TCP endpoint; IPv6 in brackets. Empty when the descriptor is no TCP socket.
std::string peerAddressOf(int fd);
std::string localAddressOf(int fd);

/// Bytes both ways on a TCP connection: one taken over from evhttp, or one that is dialled.
/// Destroying it closes at once; destroying it from its own callbacks is fine.
///
/// It has events of its own on the descriptor: a bufferevent asks the kernel how much there is
/// before it reads, keeps a buffer per connection, and costs more than all the rest of a small
/// call.
class Stream final : private Dialler::Observer {
 public:
  /// Told from the loop only, never from within a method of Stream.
  class Observer {
   public:
    /// The dialled connection is made.
    virtual void onConnected() {}
    /// These bytes have come; the view is good until this returns.
    virtual void onBytes(std::string_view bytes) = 0;
    /// After wake().
    virtual void onWoken() = 0;
    /// Output was written and no more than the low-water mark is left.
    virtual void onDrained() = 0;
    /// The peer has ended its sending side.
    virtual void onEof() = 0;
    /// The connection broke (kInternal) or could not be made (kUnavailable).
    virtual void onError(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  Stream(EventLoop& loop, TakenConnection connection, Observer& observer);
  /// Connects to `host` (a name is looked up with `dns`).
  Stream(EventLoop& loop, evdns_base* dns, const std::string& host, int port, Observer& observer);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  std::size_t queued() const noexcept { return queue_.size(); }
  bool connected() const noexcept { return fd_ >= 0; }
  /// -1 until it is connected.
  int fd() const noexcept { return fd_; }

  /// Sends `head`, then `body` (which is emptied): at once in one system call, when nothing is
  /// queued and nothing has been sent since the last event. Else it waits for the loop, so that
  /// what is sent in one go, such as the messages of a stream, goes out together, 64 KiB at a time.
  void write(std::string_view head, Buffer& body);
  /// onDrained() runs when no more than `bytes` are left.
  void setLowWater(std::size_t bytes) noexcept { lowWater_ = bytes; }

  void stopReading();
  void startReading();
  /// Makes onWoken() run in a later turn.
  void wake();
  /// Ends the sending side; what is queued must have been written.
  void shutdownWrite();
  /// Counts a refused request, see TakenConnection.
  void noteRefusal(const HttpRefusal& refusal) { taken_.noteRefusal(refusal); }
  /// Ends the connection at once by a reset. The observer is not called any more.
  void reset();

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
  Observer& observer_;
  TakenConnection taken_;  // owns the descriptor of an accepted connection
  int fd_ = -1;            // of a dialled one it is owned here
  bool dialled_ = false;
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

}  // namespace evmicro::detail
