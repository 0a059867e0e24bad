#include "net/acceptor.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "event/loop_event.h"
#include "event/watch.h"

namespace evmicro::detail {

namespace {

// More than any backlog holds: limits acceptWaiting() if peers keep connecting.
constexpr int kMostWaiting = 65'536;

bool nothingWaits(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::open(EventLoop& loop, std::string_view address,
                                                 Observer& observer) {
  auto sockets = openListeningSockets(address);
  if (!sockets.ok()) return std::move(sockets).status();
  return std::make_unique<Acceptor>(loop, std::move(*sockets), observer);
}

Acceptor::Door::Door(EventLoop& of, ListeningSocket socket, Acceptor& acceptor)
    : loop(of),
      fd(socket.fd),
      file(std::move(socket.file)),
      readable(event_new(loop.base(), fd, EV_READ | EV_PERSIST, &Acceptor::onReadable, &acceptor)) {
  if (readable) return;
  ::close(fd);
  throw std::bad_alloc();
}

Acceptor::Door::~Door() {
  readable.reset();
  if (inherited(loop)) {
    file.leave();
  } else {
    file.remove();
  }
  if (fd >= 0) ::close(fd);
}

Acceptor::Acceptor(EventLoop& loop, std::vector<ListeningSocket> sockets, Observer& observer)
    : loop_(loop),
      observer_(observer),
      address_(sockets.front().address),
      pacer_(loop, [this] { resume(); }) {
  doors_.reserve(sockets.size());
  for (ListeningSocket& socket : sockets) doors_.emplace_back(loop, std::move(socket), *this);
  resume();
}

Acceptor::~Acceptor() {
  if (destroyed_) *destroyed_ = true;
  stop();
}

void Acceptor::onReadable(int fd, short /*what*/, void* self) noexcept {
  static_cast<Acceptor*>(self)->acceptTurn(fd);
}

// Connections that are left at the end of the turn keep the socket readable.
void Acceptor::acceptTurn(int fd) {
  pacer_.beginTurn();
  auto next = AcceptPacer::Next::kGoOn;
  while (next == AcceptPacer::Next::kGoOn && acceptOne(fd, next)) {
  }
}

// Returns whether this object still exists and may continue; `next` says how.
bool Acceptor::acceptOne(int fd, AcceptPacer::Next& next) {
  const int accepted = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted >= 0) {
    next = pacer_.accepted();
    bool destroyed = false;
    bool* const outer = std::exchange(destroyed_, &destroyed);  // acceptWaiting() in onAccepted()
    observer_.onAccepted(accepted);
    if (destroyed) {
      if (outer) *outer = true;
      return false;
    }
    destroyed_ = outer;
    return !doors_.empty();
  }
  const int error = errno;
  if (nothingWaits(error)) return false;
  if (error == EMFILE || error == ENFILE) observer_.onNoDescriptor();
  next = pacer_.failed(error);
  if (next == AcceptPacer::Next::kPause) pause();
  if (next == AcceptPacer::Next::kStop) fail(error);
  return !doors_.empty();
}

void Acceptor::acceptWaiting() {
  for (std::size_t i = 0; i < doors_.size() && acceptWaiting(doors_[i].fd); ++i) {
  }
}

// Returns whether this object still exists.
bool Acceptor::acceptWaiting(int fd) {
  auto next = AcceptPacer::Next::kGoOn;
  bool destroyed = false;
  bool* const outer = std::exchange(destroyed_, &destroyed);
  for (int left = kMostWaiting; left > 0; --left) {
    pacer_.beginTurn();
    const bool goOn = acceptOne(fd, next);
    if (destroyed) {
      if (outer) *outer = true;
      return false;
    }
    if (!goOn || next != AcceptPacer::Next::kGoOn) break;
  }
  destroyed_ = outer;
  return true;
}

void Acceptor::pause() {
  for (const Door& door : doors_) event_del(door.readable.get());
}

void Acceptor::resume() {
  for (const Door& door : doors_) {
    if (addWatch(loop_, *door.readable)) continue;
    const int error = errno;
    pause();
    if (pacer_.failed(error) == AcceptPacer::Next::kStop) fail(error);
    return;
  }
}

std::vector<int> Acceptor::descriptors() const {
  std::vector<int> all;
  for (const Door& door : doors_) all.push_back(door.fd);
  return all;
}

void Acceptor::stop() noexcept {
  pacer_.cancel();
  doors_.clear();
}

void Acceptor::fail(int error) {
  Status why = Status::unavailable("listener " + address_ + ": accept: " + std::strerror(error));
  stop();
  failure_ = loop_.defer([this, why = std::move(why)] {
    observer_.onAcceptFailure(why);  // may destroy this object
  });
}

}  // namespace evmicro::detail
