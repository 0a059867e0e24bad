#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <evmicro/buffer.h>
#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>

#include "event/handles.h"
#include "event/http_server.h"

namespace evmicro::detail {

/// `host:port` of a TCP endpoint; IPv6 in brackets. Empty when the descriptor is no TCP socket.
std::string peerAddressOf(int fd);
std::string localAddressOf(int fd);

/// Bytes both ways on a TCP connection: one taken over from evhttp, or one that is dialled.
/// Destroying it closes at once; destroying it from its own callbacks is fine.
class Stream {
 public:
  /// Told from the loop only, never from within a method of Stream.
  class Observer {
   public:
    /// The dialled connection is made.
    virtual void onConnected() {}
    /// Bytes have been added to input(). Also runs after wake().
    virtual void onReadable() = 0;
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

  evbuffer* input() const noexcept;
  std::size_t queued() const noexcept;
  bool connected() const noexcept { return connected_; }
  int fd() const noexcept;

  /// Sends `head`, then `body` (which is emptied): at once in one system call when nothing is
  /// queued, the rest by the loop.
  void write(std::string_view head, Buffer& body);
  /// onDrained() runs when no more than `bytes` are left.
  void setLowWater(std::size_t bytes);

  void stopReading();
  void startReading();
  /// Makes onReadable() run in a later turn, though nothing new has come.
  void wake();
  /// Ends the sending side; what is queued must have been written.
  void shutdownWrite();
  /// Counts a refused request, see TakenConnection.
  void noteRefusal(const HttpRefusal& refusal) { taken_.noteRefusal(refusal); }
  /// Ends the connection at once by a reset. The observer is not called any more.
  void reset();

 private:
  void setUp();
  std::size_t writeDirectly(std::string_view head, Buffer& body);
  void fail(Status why);
  static void onRead(bufferevent* stream, void* self) noexcept;
  static void onWrite(bufferevent* stream, void* self) noexcept;
  static void onEvent(bufferevent* stream, short what, void* self) noexcept;

  EventLoop& loop_;
  Observer& observer_;
  TakenConnection taken_;
  BufferEvent own_;
  bufferevent* stream_ = nullptr;  // of taken_ or own_
  bool connected_ = false;
  bool dialling_ = false;  // in the constructor: libevent may report a failure at once
  Call failure_;           // last: a failure to be told in a later turn
};

}  // namespace evmicro::detail
