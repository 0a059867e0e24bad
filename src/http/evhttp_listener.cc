#include "http/evhttp_listener.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <unistd.h>

namespace evmicro::detail {

namespace {

// More than any backlog holds: peers that connect without end must not keep acceptWaiting().
constexpr int kMostWaiting = 65'536;

}  // namespace

Result<std::unique_ptr<EvhttpListener>> EvhttpListener::open(EventLoop& loop,
                                                             std::string_view address,
                                                             OnFailure onFailure) {
  Result<ListeningSocket> socket = openListeningSocket(address);
  if (!socket.ok()) return std::move(socket).status();
  return std::unique_ptr<EvhttpListener>(
      new EvhttpListener(loop, std::move(*socket), std::move(onFailure)));
}

EvhttpListener::EvhttpListener(EventLoop& loop, ListeningSocket socket, OnFailure onFailure)
    : loop_(loop),
      onFailure_(std::move(onFailure)),
      address_(std::move(socket.address)),
      fd_(socket.fd),
      pacer_(loop, [this] { event_add(readable_.get(), nullptr); }),
      // Without an accept callback it is not enabled yet. Backlog 0: listen() was called already.
      unattached_(evconnlistener_new(loop.base(), nullptr, nullptr,
                                     LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd_)),
      listener_(unattached_.get()),
      readable_(
          event_new(loop.base(), fd_, EV_READ | EV_PERSIST, &EvhttpListener::onReadable, this)) {
  if (!listener_) ::close(fd_);
  if (!listener_ || !readable_) throw std::bad_alloc();
  evconnlistener_set_error_cb(listener_, &EvhttpListener::onAcceptError);
}

EvhttpListener::~EvhttpListener() {
  if (destroyed_) *destroyed_ = true;
  stop();
}

void EvhttpListener::attach(evhttp* http) {
  http_ = http;
  bound_ = evhttp_bind_listener(http, listener_);
  if (!bound_) throw std::bad_alloc();
  unattached_.release();  // evhttp owns it now
  findAccept();
  evconnlistener_disable(listener_);
  event_add(readable_.get(), nullptr);
}

// libevent has no call that accepts: the callback of the evconnlistener's own event does it. That
// event is enabled, and so known to the base, until attach() disables it.
void EvhttpListener::findAccept() {
  const auto look = [](const event_base*, const event* candidate, void* context) -> int {
    auto* const self = static_cast<EvhttpListener*>(context);
    if (event_get_fd(candidate) != self->fd_) return 0;
    self->accept_ = event_get_callback(candidate);
    self->acceptContext_ = event_get_callback_arg(candidate);
    return 1;
  };
  event_base_foreach_event(loop_.base(), look, this);
}

// Only there so that libevent does not log the error; acceptOne() finds it in errno.
void EvhttpListener::onAcceptError(evconnlistener* /*listener*/, void* /*context*/) noexcept {}

void EvhttpListener::onReadable(int /*fd*/, short /*what*/, void* self) noexcept {
  auto* const listener = static_cast<EvhttpListener*>(self);
  listener->pacer_.beginTurn();
  auto next = AcceptPacer::Next::kGoOn;
  while (next == AcceptPacer::Next::kGoOn && listener->acceptOne(next)) {
  }
}

// Returns whether this object is still there and may accept on, which `next` says more of.
bool EvhttpListener::acceptOne(AcceptPacer::Next& next) {
  bool destroyed = false;
  destroyed_ = &destroyed;
  accepted_ = false;
  accept_(fd_, EV_READ, acceptContext_);
  const int error = errno;  // of accept(), when nothing was accepted
  if (destroyed) return false;
  destroyed_ = nullptr;
  if (!listener_) return false;
  if (!accepted_ && (error == EAGAIN || error == EWOULDBLOCK)) return false;
  next = accepted_ ? pacer_.accepted() : pacer_.failed(error);
  if (next == AcceptPacer::Next::kPause) event_del(readable_.get());
  if (next == AcceptPacer::Next::kStop) fail(error);
  return listener_ != nullptr;
}

void EvhttpListener::acceptWaiting() {
  auto next = AcceptPacer::Next::kGoOn;
  for (int left = kMostWaiting; left > 0 && listener_; --left) {
    pacer_.beginTurn();
    if (!acceptOne(next) || next != AcceptPacer::Next::kGoOn) return;
  }
}

void EvhttpListener::stop() noexcept {
  pacer_.cancel();
  readable_.reset();
  if (bound_) evhttp_del_accept_socket(http_, std::exchange(bound_, nullptr));
  unattached_.reset();
  listener_ = nullptr;
}

void EvhttpListener::fail(int error) {
  Status why = Status::unavailable("listener " + address_ + ": accept: " + std::strerror(error));
  stop();
  failure_ = loop_.defer([onFailure = std::move(onFailure_), why = std::move(why)] {
    if (onFailure) onFailure(why);  // may destroy the listener
  });
}

}  // namespace evmicro::detail
