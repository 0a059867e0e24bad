#include "net/tcp_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "event/loop_event.h"
#include "event/watch.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kBatch = 64U << 10;
constexpr int kNoSignal = MSG_NOSIGNAL | MSG_DONTWAIT;

// Whether the peer of a Unix socket has closed it and can read no more. A peer by TCP is known to
// be gone only once it resets what it is sent.
bool hasHungUp(int fd) noexcept {
  pollfd state{fd, 0, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & POLLHUP) != 0;
}

std::size_t atLeastNothing(ssize_t sent) { return sent > 0 ? static_cast<std::size_t>(sent) : 0; }

}  // namespace

std::string localAddressOf(int fd) {
  const auto address = localSocketAddress(fd);
  return address ? address->text() : std::string();
}

bool isQuiet(int fd) noexcept {
  char next = 0;
  const ssize_t size = ::recv(fd, &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return size < 0 && (errno == EAGAIN || errno == EINTR);
}

TcpStream::TcpStream(EventLoop& loop, int fd) : loop_(loop) {
  event_assign(&read_, loop.base(), -1, 0, &TcpStream::onReadEvent, this);
  open(fd);
}

TcpStream::TcpStream(EventLoop& loop, Resolver& resolver, const std::string& host,
                     std::uint16_t port)
    : loop_(loop), dialler_(new Dialler(loop, resolver, host, port, *this)) {
  event_assign(&read_, loop.base(), -1, 0, &TcpStream::onReadEvent, this);
}

TcpStream::~TcpStream() {
  // Before the close: otherwise the descriptor's number, if it is reused immediately, is not
  // polled.
  event_del(&read_);
  write_.reset();
  if (fd_ >= 0) ::close(fd_);
}

void TcpStream::open(int fd) {
  fd_ = fd;
  event_del(&read_);  // may have been activated by wake()
  event_assign(&read_, loop_.base(), fd_, EV_READ | EV_PERSIST, &TcpStream::onReadEvent, this);
  if (reading_) watchReadable();
  if (woken_) event_active(&read_, EV_TIMEOUT, 1);
}

void TcpStream::onDialled(int fd) {
  open(fd);
  const auto dialler = std::move(dialler_);  // it is on the stack
  if (!queue_.empty()) {
    watchWritable();
    event_active(write_.get(), EV_WRITE, 1);  // it is writable now
  }
  observer_->onConnected();
}

void TcpStream::onDialFailed(Status why) { observer_->onError(std::move(why)); }

void TcpStream::write(std::string_view head, Buffer& body) {
  if (inherited(loop_)) {  // the connection is the parent's
    body.drain(body.size());
    return;
  }
  const std::size_t size = head.size() + body.size();
  const bool fresh = std::exchange(fresh_, false);
  std::size_t sent = 0;
  if (connected() && queue_.empty() && (fresh || size >= kBatch)) {
    sent = writeDirectly(head, body);
    full_ = sent < size;
  }
  if (sent < head.size()) {
    queue_.append(head.substr(sent));
    sent = 0;
  } else {
    sent -= head.size();
  }
  body.drain(sent);
  queue_.append(std::move(body));
  if (!connected()) return;
  if (!full_ && queue_.size() >= kBatch) writeQueue();
  if (!queue_.empty()) watchWritable();
}

// Errors are left to the next attempt from the loop.
void TcpStream::writeQueue() {
  evbuffer_write(queue_.raw(), fd_);
  full_ = !queue_.empty();
}

// Returns the number of bytes sent. Errors are left to the next attempt from the loop.
std::size_t TcpStream::writeDirectly(std::string_view head, Buffer& body) {
  constexpr int kBlocks = 16;
  std::array<evbuffer_iovec, kBlocks> blocks;
  blocks[0].iov_base = const_cast<char*>(head.data());
  blocks[0].iov_len = head.size();
  int count = 1;
  if (evbuffer* const chain = body.rawIfAny()) {
    const int peeked = evbuffer_peek(chain, -1, nullptr, &blocks[1], kBlocks - 1);
    count += std::min(peeked, kBlocks - 1);
  } else if (!body.empty()) {
    const std::string_view bytes = body.contiguous();
    blocks[1].iov_base = const_cast<char*>(bytes.data());
    blocks[1].iov_len = bytes.size();
    count = 2;
  }
  if (count == 1) return atLeastNothing(::send(fd_, head.data(), head.size(), kNoSignal));
  msghdr message{};
  message.msg_iov = blocks.data();
  message.msg_iovlen = static_cast<std::size_t>(count);
  return atLeastNothing(::sendmsg(fd_, &message, kNoSignal));
}

std::size_t untakenBytes(int fd) noexcept {
  int inSystem = 0;
  if (fd < 0 || ::ioctl(fd, TIOCOUTQ, &inSystem) != 0) return 0;
  return static_cast<std::size_t>(inSystem);
}

std::size_t TcpStream::untaken() const noexcept { return queue_.size() + untakenBytes(fd_); }

void TcpStream::watchWritable() {
  if (!write_) {
    write_.reset(event_new(loop_.base(), fd_, EV_WRITE, &TcpStream::onWriteEvent, this));
    if (!write_) throw std::bad_alloc();
  }
  if (event_pending(write_.get(), EV_WRITE, nullptr)) return;
  // While the descriptor is watched for reading already, this needs nothing of the system.
  const bool added = reading_ ? event_add(write_.get(), nullptr) == 0 : addWatch(loop_, *write_);
  if (!added) cannotWatch();
}

void TcpStream::watchReadable() {
  if (!addWatch(loop_, read_)) cannotWatch();
}

void TcpStream::cannotWatch() {
  unwatched_ = true;
  wake();
}

void TcpStream::flush() {
  const int written = queue_.empty() ? 0 : evbuffer_write(queue_.raw(), fd_);
  if (written < 0 && errno != EAGAIN && errno != EINTR) return fail(errno);
  full_ = !queue_.empty();
  fresh_ = !full_;
  if (full_) watchWritable();
  if (written >= 0 && queue_.size() <= lowWater_) observer_->onDrained();  // may destroy this
}

void TcpStream::read() {
  std::array<char, 16'384> block;  // uninitialised: costs only stack space
  const ssize_t size = ::recv(fd_, block.data(), block.size(), 0);
  if (size > 0) return observer_->onBytes({block.data(), static_cast<std::size_t>(size)});
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return fail(errno);
  stopReading();  // it would stay readable
  if (!ended_ && hasHungUp(fd_)) return fail(ECONNRESET);
  observer_->onEof();
}

void TcpStream::stopReading() {
  reading_ = false;
  event_del(&read_);
  if (woken_) event_active(&read_, EV_TIMEOUT, 1);
}

void TcpStream::startReading() {
  if (std::exchange(reading_, true) || !connected()) return;
  if (woken_) event_del(&read_);  // event_add() ignores an event that is active
  watchReadable();
  if (woken_) event_active(&read_, EV_TIMEOUT, 1);
}

void TcpStream::wake() {
  woken_ = true;
  event_active(&read_, EV_TIMEOUT, 1);
}

bool TcpStream::quiet() const noexcept { return isQuiet(fd_); }

std::string TcpStream::peerAddress() const {
  const auto address = peerSocketAddress(fd_);
  return address ? address->text() : std::string();
}
std::string TcpStream::localAddress() const { return localAddressOf(fd_); }

void TcpStream::shutdownWrite() {
  ended_ = true;
  if (inherited(loop_)) return;
  ::shutdown(fd_, SHUT_WR);
}

void TcpStream::reset() {
  dialler_.reset();
  event_del(&read_);
  write_.reset();
  queue_.clear();
  if (!connected() || inherited(loop_)) return;
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  // Sends the reset now; the descriptor stays open until it is closed.
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  ::connect(fd_, &nowhere, sizeof nowhere);
  ::shutdown(fd_, SHUT_RDWR);  // a Unix socket has no reset
}

void TcpStream::fail(int error) { breakOff(reasonOf(error)); }

// The last event of this connection.
void TcpStream::breakOff(std::string why) {
  event_del(&read_);
  write_.reset();
  observer_->onError(Status::internal(std::move(why)));  // may destroy this
}

void TcpStream::onReadEvent(evutil_socket_t /*fd*/, short what, void* context) noexcept {
  auto* const self = static_cast<TcpStream*>(context);
  self->fresh_ = true;
  if ((what & EV_READ) == 0) {
    self->woken_ = false;
    if (self->unwatched_) return self->breakOff("the system does not watch the connection");
    return self->observer_->onWoken();
  }
  // Both at once: the wake-up is reported separately.
  if (self->woken_) event_active(&self->read_, EV_TIMEOUT, 1);
  self->read();
}

void TcpStream::onWriteEvent(evutil_socket_t /*fd*/, short /*what*/, void* context) noexcept {
  static_cast<TcpStream*>(context)->flush();
}

}  // namespace evmicro::detail
