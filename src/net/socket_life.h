#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/transport.h>

#include "event/deadlines.h"
#include "net/socket_backlog.h"

namespace evmicro::detail {

/// What is the same in the life of every Socket, however its messages travel: how far its end has
/// come, whom it calls, whether its peer is slow, and when its time is up. Each socket has one.
class SocketLife final : private Deadlines::Entry {
 public:
  using Clock = EventLoop::Clock;

  enum class End {
    kNone,
    kFinishing,  ///< sends no more messages, still receives
    kClosing,    ///< sends what is queued
    kLingering,  ///< all is sent: waits for the peer to close, too
    kClosed,     ///< over
  };
  /// Which time is up.
  enum class Time { kConnect, kIdle, kMessage, kClosing };

  class Observer {
   public:
    /// Runs from the loop. May destroy the socket.
    virtual void onTimeUp(Time time) = 0;
    /// Bytes that wait for the peer.
    virtual std::size_t queuedBytes() const noexcept = 0;

   protected:
    ~Observer() = default;
  };

  /// How long a closing socket waits for its peer, once all is sent.
  static constexpr std::chrono::milliseconds kLinger{1'000};

  /// `socket` has this as a member; `deadlines` must outlive it.
  SocketLife(Deadlines& deadlines, Observer& socket) noexcept;

  // --- whom it calls

  /// True: its end is still to be told, by tellEnd() in a later turn.
  bool observe(Socket::Observer* observer) noexcept;
  Socket::Observer* observer() const noexcept { return observer_; }
  void pause() noexcept { paused_ = true; }
  void resume() noexcept { paused_ = false; }
  bool paused() const noexcept { return paused_; }

  /// It is accepted and waits in `backlog` for its first message.
  void waitIn(SocketBacklog& backlog, std::size_t place) noexcept;
  bool waiting() const noexcept { return backlog_ != nullptr; }
  /// The first message has come: hands the socket over, which may destroy it.
  void leaveBacklog();
  /// Asks for a page: the backlog's observer as long as it waits there. May destroy the socket.
  Page page(std::string_view path);
  /// Lets the same one put `answer` in another form.
  void refused(const Metadata& headers, Page& answer);

  // --- its end

  End end() const noexcept { return end_; }
  bool open() const noexcept { return end_ == End::kNone; }
  /// Whether messages may still come.
  bool receiving() const noexcept { return end_ == End::kNone || end_ == End::kFinishing; }
  bool closing() const noexcept { return end_ == End::kClosing || end_ == End::kLingering; }
  bool closed() const noexcept { return end_ == End::kClosed; }

  /// False: it has begun to end before.
  bool finish() noexcept;
  bool close() noexcept;
  void linger();
  /// It is over and nobody is told.
  void abort() noexcept;
  /// It is over: tells the observer, or the backlog, which destroys the socket, or keeps it for a
  /// later observer. May destroy the socket. Does nothing the second time.
  void over(Status why);
  void tellEnd();

  // --- a slow peer

  /// `queued` bytes wait for the peer; it is slow above `highWater` (0: never).
  void noteQueued(std::size_t queued, std::size_t highWater) noexcept {
    if (highWater > 0 && queued > highWater) slow_ = true;
  }
  /// True: it was slow, and now that `queued` bytes are left it is not any more.
  bool caughtUp(std::size_t queued, std::size_t highWater) noexcept;
  bool slow() const noexcept { return slow_; }

  // --- its times

  /// Something has happened on the connection.
  void touch() noexcept { lastActivity_ = EventLoop::now(); }
  Clock::duration quietFor() const noexcept { return EventLoop::now() - lastActivity_; }
  /// 0: no limit. A connection that is being made has `timeout` for it.
  void startConnecting(std::chrono::milliseconds timeout);
  bool connecting() const noexcept { return connecting_; }
  /// It is made; from now on it may be idle.
  void connected();
  void setIdleTimeout(std::chrono::milliseconds timeout);
  std::chrono::milliseconds idleTimeout() const noexcept { return idleTimeout_; }
  /// A message has begun to come, and has `timeout` to be complete (counted from the first call).
  void messageBegun(std::chrono::milliseconds timeout);
  void messageComplete() noexcept { messageEnd_ = {}; }
  /// Time::kClosing is up after `time`; replaces whatever runs.
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
  Clock::time_point messageEnd_{};  // of the message that is coming; zero: none
  std::chrono::milliseconds idleTimeout_{0};
  std::optional<Status> untold_;  // how it ended, while nobody observed
  End end_ = End::kNone;
  bool connecting_ = false;
  bool paused_ = false;
  bool slow_ = false;
};

}  // namespace evmicro::detail
