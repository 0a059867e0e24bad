#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/transport.h>

#include "event/deadlines.h"
#include "net/socket_backlog.h"
#include "net/stop_times.h"

namespace evmicro::detail {

/// The part of a Socket's state machine that is the same for every transport: the phases of
/// closing, the observer, flow control and timeouts. Each socket has one.
class SocketLife final : private Deadlines::Entry {
 public:
  using Clock = EventLoop::Clock;

  enum class End {
    kNone,
    kFinishing,  ///< no more messages are sent, but still received
    kClosing,    ///< the queue is being sent
    kLingering,  ///< everything is sent: waiting for the peer to close
    kClosed,     ///< closed
  };
  /// Which timeout has expired.
  enum class Time { kConnect, kIdle, kMessage, kClosing };

  class Observer {
   public:
    /// Runs from the loop. May destroy the socket.
    virtual void onTimeUp(Time time) = 0;
    /// Bytes that are queued for the peer.
    virtual std::size_t queuedBytes() const noexcept = 0;

   protected:
    ~Observer() = default;
  };

  /// How long a closing socket waits for its peer once everything is sent.
  static constexpr std::chrono::milliseconds kLinger{1'000};

  /// `socket` has this as a member; `deadlines` must outlive it. `now` is the first activity.
  SocketLife(Deadlines& deadlines, Observer& socket,
             Clock::time_point now = EventLoop::now()) noexcept
      : Entry(deadlines), socket_(socket), lastActivity_(now) {}

  // --- the observer

  /// True: the end has not been reported yet; call tellEnd() in a later turn, or tellEndLater().
  bool observe(Socket::Observer* observer) noexcept;
  Socket::Observer* observer() const noexcept { return observer_; }
  void pause() noexcept { paused_ = true; }
  void resume() noexcept { paused_ = false; }
  bool paused() const noexcept { return paused_; }

  /// The socket is accepted and waits in `backlog` for its first message.
  void waitIn(SocketBacklog& backlog, std::size_t place) noexcept;
  bool waiting() const noexcept { return backlog_ != nullptr; }
  /// The first message has arrived: hands the socket to the listener's observer, which may destroy
  /// it.
  void leaveBacklog();
  /// Requests a page from the observer, or from the listener's while the socket waits in the
  /// backlog. May destroy the socket.
  Page page(std::string_view path);
  /// Lets the same observer change the form of `answer`.
  void refused(const Metadata& headers, Page& answer);

  // --- closing

  End end() const noexcept { return end_; }
  bool open() const noexcept { return end_ == End::kNone; }
  /// Whether messages may still come.
  bool receiving() const noexcept { return end_ == End::kNone || end_ == End::kFinishing; }
  bool closing() const noexcept { return end_ == End::kClosing || end_ == End::kLingering; }
  bool closed() const noexcept { return end_ == End::kClosed; }

  /// False: it was no longer open.
  bool finish() noexcept;
  bool close() noexcept;
  void linger();
  /// Closed, without a callback.
  void abort() noexcept;
  /// Closed: reports it to the observer, or to the backlog, which destroys the socket, or else
  /// keeps the reason for a later observer. May destroy the socket. No effect the second time.
  void over(Status why);
  /// Reports it to a later observer. May destroy the socket.
  void tellEnd();
  /// tellEnd() in a later turn: for a socket that has nothing left to wake it.
  void tellEndLater();

  // --- a slow peer

  /// `queued` bytes are queued; the peer counts as slow above `highWater` (0: never).
  void noteQueued(std::size_t queued, std::size_t highWater) noexcept {
    if (highWater > 0 && queued > highWater) slow_ = true;
  }
  /// True: the peer was slow and, with `queued` bytes left, no longer is.
  bool caughtUp(std::size_t queued, std::size_t highWater) noexcept;
  bool slow() const noexcept { return slow_; }

  // --- timeouts

  /// There was activity on the connection.
  void touch(Clock::time_point now = EventLoop::now()) noexcept { lastActivity_ = now; }
  Clock::time_point lastActivity() const noexcept { return lastActivity_; }
  Clock::duration quietFor() const noexcept { return EventLoop::now() - lastActivity_; }
  /// Whether more is to be expected from a peer that is in the middle of a message.
  bool heardLately() const noexcept { return quietFor() < kMessageAwaited; }
  /// Limits the time for establishing the connection; 0: no limit.
  void startConnecting(std::chrono::milliseconds timeout);
  bool connecting() const noexcept { return connecting_; }
  /// The connection is established; the idle timeout applies from now on.
  void connected();
  void setIdleTimeout(std::chrono::milliseconds timeout);
  std::chrono::milliseconds idleTimeout() const noexcept { return idleTimeout_; }
  /// A message has begun to arrive and must be complete within `timeout`, counted from the first
  /// call.
  void messageBegun(std::chrono::milliseconds timeout);
  void messageComplete() noexcept { messageEnd_ = {}; }
  /// When the unfinished message began; nullopt if there is none, or `timeout` is 0.
  std::optional<Clock::time_point> messageBegan(std::chrono::milliseconds timeout) const noexcept;
  /// Time::kClosing expires after `time`; replaces the timeouts that are running.
  void limitClosing(std::chrono::milliseconds time);

 private:
  void onDeadline() override;
  void checkTimes();
  void lookAgainAt(Clock::time_point when);

  Observer& socket_;
  Socket::Observer* observer_ = nullptr;
  SocketBacklog* backlog_ = nullptr;
  std::size_t place_ = 0;  // in the backlog
  Clock::time_point lastActivity_;
  Clock::time_point messageEnd_{};  // deadline of the message that is arriving; zero: none
  std::chrono::milliseconds idleTimeout_{0};
  std::unique_ptr<const Status> untold_;  // how it ended, if there was no observer then
  End end_ = End::kNone;
  bool connecting_ = false;
  bool paused_ = false;
  bool slow_ = false;
};

}  // namespace evmicro::detail
