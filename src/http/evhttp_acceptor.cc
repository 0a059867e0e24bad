#include "http/evhttp_acceptor.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "event/loop_event.h"
#include "event/watch.h"

namespace evmicro::detail {

namespace {

// More than any backlog holds: limits finish() if peers keep connecting.
constexpr std::size_t kMostWaiting = 65'536;

// Finds out afterwards why accept() has failed on `fd`: the socket is broken, or no descriptor is
// left, or otherwise a single connection failed.
int whyAcceptFailed(int fd) noexcept {
  int listening = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) return errno;
  if (!listening) return EINVAL;
  const int another = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (another < 0) return errno;
  ::close(another);
  return ECONNABORTED;
}

}  // namespace

// A listening socket. Without an accept callback it does not accept yet. Backlog 0: listen() has
// already been called.
struct EvhttpAcceptor::Place {
  Place(EvhttpAcceptor& acceptor, ListeningSocket socket)
      : owner(acceptor),
        address(std::move(socket.address)),
        fd(socket.fd),
        file(std::move(socket.file)),
        unattached(evconnlistener_new(acceptor.loop_.base(), nullptr, nullptr,
                                      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd)),
        listener(unattached.get()),
        acceptError(event_new(acceptor.loop_.base(), fd, EV_WRITE | EV_PERSIST,
                              &EvhttpAcceptor::onErrorEvent, this)) {
    if (!listener) ::close(fd);
    if (!listener || !acceptError || event_add(acceptError.get(), nullptr) != 0)
      throw std::bad_alloc();
    evconnlistener_set_error_cb(listener, &EvhttpAcceptor::onAcceptError);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    acceptError.reset();
    if (inherited(owner.loop_)) {
      file.leave();
    } else {
      file.remove();
    }
    if (bound) evhttp_del_accept_socket(owner.http_, bound);
  }

  EvhttpAcceptor& owner;
  const std::string address;
  const int fd;
  SocketFile file;                       // of a Unix socket
  ConnListener unattached;               // until attach()
  evconnlistener* listener;              // of unattached or bound
  evhttp_bound_socket* bound = nullptr;  // owned by the evhttp
  EventHandle acceptError;
};

Result<std::unique_ptr<EvhttpAcceptor>> EvhttpAcceptor::open(EventLoop& loop,
                                                             std::string_view address,
                                                             OnFailure onFailure,
                                                             std::function<void()> onNoDescriptor) {
  auto sockets = openListeningSockets(address);
  if (!sockets.ok()) return std::move(sockets).status();
  return std::unique_ptr<EvhttpAcceptor>(new EvhttpAcceptor(
      loop, std::move(*sockets), std::move(onFailure), std::move(onNoDescriptor)));
}

EvhttpAcceptor::EvhttpAcceptor(EventLoop& loop, std::vector<ListeningSocket> sockets,
                               OnFailure onFailure, std::function<void()> onNoDescriptor)
    : loop_(loop),
      onFailure_(std::move(onFailure)),
      onNoDescriptor_(std::move(onNoDescriptor)),
      address_(sockets.front().address),
      pacer_(loop, [this] { resume(); }),
      nextTurn_(loop, [this] { resume(); }) {
  for (ListeningSocket& socket : sockets) {
    places_.push_back(std::make_unique<Place>(*this, std::move(socket)));
  }
}

EvhttpAcceptor::~EvhttpAcceptor() { stop(); }

void EvhttpAcceptor::attach(evhttp* http) {
  http_ = http;
  for (const auto& place : places_) {
    place->bound = evhttp_bind_listener(http, place->listener);  // sets the accept callback
    if (!place->bound) throw std::bad_alloc();
    place->unattached.release();  // evhttp owns it now
  }
  enable();
}

void EvhttpAcceptor::enable() noexcept {
  for (const auto& place : places_) {
    if (evconnlistener_enable(place->listener) == 0 && isWatched(loop_, place->fd)) continue;
    disable();
    static_cast<void>(pacer_.failed(errno));  // pauses
    return;
  }
}

void EvhttpAcceptor::disable() noexcept {
  for (const auto& place : places_) evconnlistener_disable(place->listener);
}

// Called while an evconnlistener accepts, which stops immediately when it is disabled.
void EvhttpAcceptor::noteAccepted() noexcept {
  const AcceptPacer::Next next = pacer_.accepted();
  if (left_ > 0) {
    if (--left_ == 0) disable();
  } else {
    follow(next);
  }
}

void EvhttpAcceptor::onAcceptError(evconnlistener* listener, void* /*http*/) noexcept {
  evconnlistener_disable(listener);  // it would be called repeatedly
  event_base_active_by_fd(evconnlistener_get_base(listener), evconnlistener_get_fd(listener),
                          EV_WRITE);
}

void EvhttpAcceptor::onErrorEvent(int fd, short /*what*/, void* place) noexcept {
  const auto& here = *static_cast<Place*>(place);
  EvhttpAcceptor& self = here.owner;
  if (self.left_ > 0) return;  // it is ending anyway
  const int error = whyAcceptFailed(fd);
  if (error == EMFILE || error == ENFILE) self.onNoDescriptor_();
  const AcceptPacer::Next next = self.pacer_.failed(error);
  if (next == AcceptPacer::Next::kStop) return self.fail(here, error);
  if (next == AcceptPacer::Next::kGoOn) evconnlistener_enable(here.listener);
  self.follow(next);
}

void EvhttpAcceptor::follow(AcceptPacer::Next next) {
  if (next == AcceptPacer::Next::kGoOn) return;
  if (next == AcceptPacer::Next::kEndTurn) nextTurn_.start({});
  disable();
}

void EvhttpAcceptor::resume() {
  pacer_.beginTurn();
  enable();
}

// Active events run before deferred work.
void EvhttpAcceptor::finish() {
  if (places_.empty() || left_ > 0) return;
  pacer_.cancel();
  nextTurn_.stop();
  left_ = kMostWaiting;
  enable();
  for (const auto& place : places_) event_base_active_by_fd(loop_.base(), place->fd, EV_READ);
  later_ = loop_.defer([this] { stop(); });
}

bool EvhttpAcceptor::finishing() const noexcept {
  return left_ > 0 && std::any_of(places_.begin(), places_.end(), [](const auto& place) {
           pollfd waiting{place->fd, POLLIN, 0};
           return ::poll(&waiting, 1, 0) > 0;
         });
}

void EvhttpAcceptor::stop() noexcept {
  pacer_.cancel();
  nextTurn_.stop();
  left_ = 0;
  places_.clear();
}

void EvhttpAcceptor::fail(const Place& place, int error) {
  Status why =
      Status::unavailable("listener " + place.address + ": accept: " + std::strerror(error));
  stop();
  later_ = loop_.defer([onFailure = std::move(onFailure_), why = std::move(why)] {
    if (onFailure) onFailure(why);  // may destroy the acceptor
  });
}

}  // namespace evmicro::detail
