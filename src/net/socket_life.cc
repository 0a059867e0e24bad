#include "net/socket_life.h"

#include <algorithm>
#include <utility>

namespace evmicro::detail {

using std::chrono::milliseconds;

// --- the observer

bool SocketLife::observe(Socket::Observer* observer) noexcept {
  observer_ = observer;
  return observer_ && untold_;
}

void SocketLife::waitIn(SocketBacklog& backlog, std::size_t place) noexcept {
  backlog_ = &backlog;
  place_ = place;
}

void SocketLife::leaveBacklog() {
  SocketBacklog* const backlog = std::exchange(backlog_, nullptr);
  backlog->observer_.onAccept(backlog->take(place_));  // may destroy everything
}

Page SocketLife::page(std::string_view path) {
  if (backlog_) return backlog_->observer_.onPage(path);
  return observer_ ? observer_->onPage(path) : Page();
}

void SocketLife::refused(const Metadata& headers, Page& answer) {
  if (backlog_) return backlog_->observer_.onRefused(headers, answer);
  if (observer_) observer_->onRefused(headers, answer);
}

// --- closing

bool SocketLife::finish() noexcept {
  if (end_ != End::kNone) return false;
  end_ = End::kFinishing;
  return true;
}

bool SocketLife::close() noexcept {
  if (!receiving()) return false;
  end_ = End::kClosing;
  messageEnd_ = {};
  return true;
}

void SocketLife::linger() {
  end_ = End::kLingering;
  startDeadline(EventLoop::now() + kLinger);
}

void SocketLife::abort() noexcept {
  end_ = End::kClosed;
  connecting_ = false;
  observer_ = nullptr;
  stopDeadline();
}

void SocketLife::over(Status why) {
  if (end_ == End::kClosed) return;
  end_ = End::kClosed;
  connecting_ = false;
  stopDeadline();
  if (backlog_) {
    const auto socket = std::exchange(backlog_, nullptr)->take(place_);
  } else if (observer_) {
    observer_->onClosed(std::move(why));
  } else {
    untold_ = std::make_unique<const Status>(std::move(why));
  }
}

void SocketLife::tellEnd() {
  if (!observer_ || !untold_) return;
  const Status why = *std::exchange(untold_, nullptr);
  observer_->onClosed(why);  // may destroy this
}

void SocketLife::tellEndLater() { startDeadline(EventLoop::now()); }

// --- a slow peer

bool SocketLife::caughtUp(std::size_t queued, std::size_t highWater) noexcept {
  if (!slow_ || queued > highWater / 2) return false;
  slow_ = false;
  return true;
}

// --- timeouts: activity only records the time, and a deadline that fires early is set again, so a
// call costs no timer operation

void SocketLife::startConnecting(milliseconds timeout) {
  connecting_ = true;
  if (timeout.count() > 0) startDeadline(lastActivity_ + timeout);
}

void SocketLife::connected() {
  connecting_ = false;
  touch();
  stopDeadline();
  if (receiving() && idleTimeout_.count() > 0) startDeadline(lastActivity_ + idleTimeout_);
}

void SocketLife::setIdleTimeout(milliseconds timeout) {
  idleTimeout_ = timeout;
  touch();
  if (receiving() && !connecting_ && timeout.count() > 0) lookAgainAt(lastActivity_ + timeout);
}

void SocketLife::messageBegun(milliseconds timeout) {
  if (timeout.count() <= 0) return;
  if (messageEnd_ == Clock::time_point{}) messageEnd_ = EventLoop::now() + timeout;
  lookAgainAt(messageEnd_);
}

std::optional<SocketLife::Clock::time_point> SocketLife::messageBegan(
    milliseconds timeout) const noexcept {
  if (messageEnd_ == Clock::time_point{}) return std::nullopt;
  return messageEnd_ - timeout;
}

void SocketLife::limitClosing(milliseconds time) { startDeadline(EventLoop::now() + time); }

void SocketLife::lookAgainAt(Clock::time_point when) {
  if (!deadlineRunning() || when < deadline()) startDeadline(when);
}

void SocketLife::onDeadline() {
  if (connecting_) {
    socket_.onTimeUp(Time::kConnect);
  } else if (closing()) {
    socket_.onTimeUp(Time::kClosing);
  } else if (closed()) {
    tellEnd();
  } else {
    checkTimes();
  }
}

void SocketLife::checkTimes() {
  const auto now = EventLoop::now();
  if (messageEnd_ != Clock::time_point{}) {
    if (now >= messageEnd_) return socket_.onTimeUp(Time::kMessage);
    lookAgainAt(messageEnd_);
  }
  if (idleTimeout_.count() <= 0) return;
  const bool busy = paused_ && socket_.queuedBytes() == 0;  // this side is working
  if (!busy && now >= lastActivity_ + idleTimeout_) return socket_.onTimeUp(Time::kIdle);
  lookAgainAt(busy ? now + idleTimeout_ : lastActivity_ + idleTimeout_);
}

}  // namespace evmicro::detail
