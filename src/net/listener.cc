#include "net/listener.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <unistd.h>

#include "base/log.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstDelay{5};
constexpr milliseconds kLongestDelay{1'000};
constexpr milliseconds kNothingToDo = std::chrono::hours(24);

}  // namespace

AcceptError classifyAcceptError(int error) noexcept {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return AcceptError::kDefer;
    case EAGAIN:
    case EINTR:
    // accept(2): errors that were already pending on the new connection are reported by accept().
    case ECONNABORTED:
    case EPROTO:
    case EPERM:  // a firewall rule forbade it
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT: return AcceptError::kIgnore;
    default: return AcceptError::kPermanent;
  }
}

milliseconds AcceptBackoff::next() noexcept {
  delay_ = delay_ == milliseconds(0) ? kFirstDelay : std::min(2 * delay_, kLongestDelay);
  return delay_;
}

Result<std::unique_ptr<DeferringListener>> DeferringListener::open(EventLoop& loop,
                                                                   std::string_view address,
                                                                   OnFailure onFailure) {
  Result<ListeningSocket> socket = openListeningSocket(address);
  if (!socket.ok()) return std::move(socket).status();
  return std::unique_ptr<DeferringListener>(
      new DeferringListener(loop, std::move(*socket), std::move(onFailure)));
}

bool LogBudget::spend(Clock::time_point now) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - filled_).count();
  if (seconds > 0) {
    left_ = static_cast<int>(std::min<std::int64_t>(kMost, left_ + seconds));
    filled_ = now;
  }
  if (left_ == 0) return false;
  --left_;
  return true;
}

DeferringListener::DeferringListener(EventLoop& loop, ListeningSocket socket, OnFailure onFailure)
    : loop_(loop),
      onFailure_(std::move(onFailure)),
      address_(std::move(socket.address)),
      // Without an accept callback it is not enabled yet. Backlog 0: listen() was called already.
      unattached_(evconnlistener_new(loop.base(), nullptr, nullptr,
                                     LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, socket.fd)),
      listener_(unattached_.get()),
      timer_(event_new(loop.base(), -1, 0, &DeferringListener::onTimer, this)) {
  if (!listener_) ::close(socket.fd);
  if (!listener_ || !timer_) throw std::bad_alloc();
  evconnlistener_set_error_cb(listener_, &DeferringListener::onAcceptError);
  setTimer(kNothingToDo);
}

DeferringListener::~DeferringListener() { stop(); }

int DeferringListener::fd() const noexcept {
  return listener_ ? evconnlistener_get_fd(listener_) : -1;
}

void DeferringListener::attach(evhttp* http) {
  http_ = http;
  bound_ = evhttp_bind_listener(http, listener_);
  if (!bound_) throw std::bad_alloc();
  unattached_.release();  // evhttp owns it now
}

// libevent has no call for this: the callback of the listener's own event does it.
void DeferringListener::acceptWaiting() {
  struct Search {
    int fd;
    const event* found;
  };
  const auto look = [](const event_base*, const event* candidate, void* context) -> int {
    auto* search = static_cast<Search*>(context);
    if (event_get_fd(candidate) != search->fd) return 0;
    search->found = candidate;
    return 1;
  };
  Search search{fd(), nullptr};
  if (search.fd < 0) return;
  event_base_foreach_event(loop_.base(), look, &search);
  if (!search.found) return;  // accepting has been put off
  event_get_callback(search.found)(search.fd, EV_READ, event_get_callback_arg(search.found));
}

void DeferringListener::stop() noexcept {
  timer_.reset();  // it would enable a listener that has gone
  if (bound_) evhttp_del_accept_socket(http_, std::exchange(bound_, nullptr));
  unattached_.reset();
  listener_ = nullptr;
}

// libevent gives an error callback the accept callback's context, which under evhttp is the evhttp,
// and that leads nowhere. The object is found by its timer, which the base knows.
DeferringListener* DeferringListener::find(evconnlistener* listener) {
  struct Search {
    evconnlistener* listener;
    DeferringListener* found;
  };
  const auto look = [](const event_base*, const event* candidate, void* context) -> int {
    auto* search = static_cast<Search*>(context);
    if (event_get_callback(candidate) != &DeferringListener::onTimer) return 0;
    auto* owner = static_cast<DeferringListener*>(event_get_callback_arg(candidate));
    if (owner->listener_ != search->listener) return 0;
    search->found = owner;
    return 1;
  };
  Search search{listener, nullptr};
  event_base_foreach_event(evconnlistener_get_base(listener), look, &search);
  return search.found;
}

void DeferringListener::onAcceptError(evconnlistener* listener, void* /*context*/) noexcept {
  const int error = errno;  // before anything else can change it
  if (DeferringListener* self = find(listener)) self->handle(error);
}

void DeferringListener::handle(int error) {
  switch (classifyAcceptError(error)) {
    case AcceptError::kIgnore: return;
    case AcceptError::kDefer: return defer(error);
    case AcceptError::kPermanent: return fail(error);
  }
}

void DeferringListener::defer(int error) {
  const milliseconds delay = backoff_.next();
  ++deferrals_;
  // The socket stays readable: an enabled listener would spin until a descriptor is free.
  evconnlistener_disable(listener_);
  setTimer(delay);
  // Peers that come and go fast start the delays anew each time: up to 200 lines a second.
  const LogLevel level = log_.spend(EventLoop::now()) ? LogLevel::kWarn : LogLevel::kDebug;
  EVMICRO_LOG(
      "event", level,
      "Accept error: " << std::strerror(error) << "; retrying in " << delay.count() << "ms");
}

void DeferringListener::fail(int error) {
  Status why = Status::unavailable("listener " + address_ + ": accept: " + std::strerror(error));
  stop();
  failure_ = loop_.defer([onFailure = std::move(onFailure_), why = std::move(why)] {
    if (onFailure) onFailure(why);  // may destroy the listener
  });
}

void DeferringListener::onTimer(int /*fd*/, short /*what*/, void* self) noexcept {
  auto* listener = static_cast<DeferringListener*>(self);
  listener->setTimer(kNothingToDo);
  evconnlistener_enable(listener->listener_);
}

void DeferringListener::setTimer(milliseconds delay) noexcept {
  const auto count = delay.count();
  const timeval time{static_cast<time_t>(count / 1'000),
                     static_cast<suseconds_t>(count % 1'000 * 1'000)};
  event_add(timer_.get(), &time);
}

}  // namespace evmicro::detail
