#include "net/acceptor.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace evmicro::detail {

namespace {

// More than any backlog holds: peers that connect without end must not keep acceptWaiting().
constexpr int kMostWaiting = 65'536;

bool nothingWaits(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::open(EventLoop& loop, std::string_view address,
                                                 Observer& observer) {
  Result<ListeningSocket> socket = openListeningSocket(address);
  if (!socket.ok()) return std::move(socket).status();
  return std::make_unique<Acceptor>(loop, std::move(*socket), observer);
}

Acceptor::Acceptor(EventLoop& loop, ListeningSocket socket, Observer& observer)
    : loop_(loop),
      observer_(observer),
      address_(std::move(socket.address)),
      fd_(socket.fd),
      pacer_(loop, [this] { resume(); }),
      readable_(event_new(loop.base(), fd_, EV_READ | EV_PERSIST, &Acceptor::onReadable, this)) {
  if (!readable_) {
    ::close(fd_);
    throw std::bad_alloc();
  }
  event_add(readable_.get(), nullptr);
}

Acceptor::~Acceptor() {
  if (destroyed_) *destroyed_ = true;
  stop();
}

void Acceptor::onReadable(int /*fd*/, short /*what*/, void* self) noexcept {
  static_cast<Acceptor*>(self)->acceptTurn();
}

// What still waits at the end of the turn keeps the socket readable.
void Acceptor::acceptTurn() {
  pacer_.beginTurn();
  auto next = AcceptPacer::Next::kGoOn;
  while (next == AcceptPacer::Next::kGoOn && acceptOne(next)) {
  }
}

// Returns whether this object is still there and may accept on, which `next` says more of.
bool Acceptor::acceptOne(AcceptPacer::Next& next) {
  const int accepted = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
    return fd_ >= 0;
  }
  const int error = errno;
  if (nothingWaits(error)) return false;
  next = pacer_.failed(error);
  if (next == AcceptPacer::Next::kPause) event_del(readable_.get());
  if (next == AcceptPacer::Next::kStop) fail(error);
  return fd_ >= 0;
}

void Acceptor::acceptWaiting() {
  auto next = AcceptPacer::Next::kGoOn;
  for (int left = kMostWaiting; left > 0 && fd_ >= 0; --left) {
    pacer_.beginTurn();
    if (!acceptOne(next) || next != AcceptPacer::Next::kGoOn) return;
  }
}

void Acceptor::resume() { event_add(readable_.get(), nullptr); }

void Acceptor::stop() noexcept {
  pacer_.cancel();
  readable_.reset();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Acceptor::fail(int error) {
  Status why = Status::unavailable("listener " + address_ + ": accept: " + std::strerror(error));
  stop();
  failure_ = loop_.defer([this, why = std::move(why)] {
    observer_.onAcceptFailure(why);  // may destroy this
  });
}

}  // namespace evmicro::detail
