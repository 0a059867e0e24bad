#include "net/listener.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <unistd.h>

namespace evmicro::detail {

namespace {

constexpr timeval kNever{24 * 3'600, 0};

}  // namespace

Result<std::unique_ptr<DeferringListener>> DeferringListener::open(EventLoop& loop,
                                                                   std::string_view address,
                                                                   OnFailure onFailure) {
  Result<ListeningSocket> socket = openListeningSocket(address);
  if (!socket.ok()) return std::move(socket).status();
  return std::unique_ptr<DeferringListener>(
      new DeferringListener(loop, std::move(*socket), std::move(onFailure)));
}

DeferringListener::DeferringListener(EventLoop& loop, ListeningSocket socket, OnFailure onFailure)
    : loop_(loop),
      onFailure_(std::move(onFailure)),
      address_(std::move(socket.address)),
      pacer_(loop, [this] { enable(); }),
      // Without an accept callback it is not enabled yet. Backlog 0: listen() was called already.
      unattached_(evconnlistener_new(loop.base(), nullptr, nullptr,
                                     LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, socket.fd)),
      listener_(unattached_.get()),
      mark_(event_new(loop.base(), -1, 0, &DeferringListener::onMark, this)) {
  if (!listener_) ::close(socket.fd);
  if (!listener_ || !mark_) throw std::bad_alloc();
  evconnlistener_set_error_cb(listener_, &DeferringListener::onAcceptError);
  event_add(mark_.get(), &kNever);
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
  pacer_.cancel();  // it would enable a listener that has gone
  mark_.reset();
  if (bound_) evhttp_del_accept_socket(http_, std::exchange(bound_, nullptr));
  unattached_.reset();
  listener_ = nullptr;
}

// libevent gives an error callback the accept callback's context, which under evhttp is the evhttp,
// and that leads nowhere. The object is found by its mark, which the base knows.
DeferringListener* DeferringListener::find(evconnlistener* listener) {
  struct Search {
    evconnlistener* listener;
    DeferringListener* found;
  };
  const auto look = [](const event_base*, const event* candidate, void* context) -> int {
    auto* search = static_cast<Search*>(context);
    if (event_get_callback(candidate) != &DeferringListener::onMark) return 0;
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
  pacer_.beginTurn();
  switch (pacer_.failed(error)) {
    case AcceptPacer::Next::kGoOn:
    case AcceptPacer::Next::kEndTurn: return;
    // The socket stays readable: an enabled listener would spin until a descriptor is free.
    case AcceptPacer::Next::kPause: evconnlistener_disable(listener_); return;
    case AcceptPacer::Next::kStop: return fail(error);
  }
}

void DeferringListener::fail(int error) {
  Status why = Status::unavailable("listener " + address_ + ": accept: " + std::strerror(error));
  stop();
  failure_ = loop_.defer([onFailure = std::move(onFailure_), why = std::move(why)] {
    if (onFailure) onFailure(why);  // may destroy the listener
  });
}

// Never in practice: the event is only there to be found.
void DeferringListener::onMark(int /*fd*/, short /*what*/, void* self) noexcept {
  event_add(static_cast<DeferringListener*>(self)->mark_.get(), &kNever);
}

}  // namespace evmicro::detail
