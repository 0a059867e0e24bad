#include "event/stream.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace evmicro::detail {

namespace {

// `connection refused`: part of a sentence.
std::string reasonText(const char* text) {
  std::string reason = text;
  if (reason.size() > 1 && reason[0] >= 'A' && reason[0] <= 'Z' && reason[1] >= 'a') {
    reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  }
  return reason;
}

std::string formatAddress(const sockaddr_storage& storage) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    return std::string(text.data()) + ":" + std::to_string(ntohs(address.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof address);
    if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
      inet_ntop(AF_INET, &address.sin6_addr.s6_addr[12], text.data(), text.size());
      return std::string(text.data()) + ":" + std::to_string(ntohs(address.sin6_port));
    }
    inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(address.sin6_port));
  }
  return {};
}

template <typename GetName>
std::string addressOf(int fd, GetName getName) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getName(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return formatAddress(storage);
}

}  // namespace

std::string peerAddressOf(int fd) { return addressOf(fd, ::getpeername); }
std::string localAddressOf(int fd) { return addressOf(fd, ::getsockname); }

Stream::Stream(EventLoop& loop, TakenConnection connection, Observer& observer)
    : loop_(loop), observer_(observer), taken_(std::move(connection)), stream_(taken_.stream()) {
  connected_ = true;
  setUp();
}

Stream::Stream(EventLoop& loop, evdns_base* dns, const std::string& host, int port,
               Observer& observer)
    : loop_(loop),
      observer_(observer),
      own_(bufferevent_socket_new(loop.base(), -1, BEV_OPT_CLOSE_ON_FREE)),
      stream_(own_.get()) {
  if (!stream_) throw std::bad_alloc();
  setUp();
  dialling_ = true;
  const int result =
      bufferevent_socket_connect_hostname(stream_, dns, AF_UNSPEC, host.c_str(), port);
  dialling_ = false;
  if (result != 0) {
    fail(Status::unavailable(reasonText(std::strerror(EVUTIL_SOCKET_ERROR()))));
  }
}

Stream::~Stream() {
  // Before the close: a postponed event_del would leave the descriptor's number unusable.
  bufferevent_disable(stream_, EV_READ | EV_WRITE);
  bufferevent_setcb(stream_, nullptr, nullptr, nullptr, nullptr);
}

void Stream::setUp() {
  bufferevent_setcb(stream_, &Stream::onRead, &Stream::onWrite, &Stream::onEvent, this);
  bufferevent_enable(stream_, EV_READ | EV_WRITE);
}

evbuffer* Stream::input() const noexcept { return bufferevent_get_input(stream_); }
std::size_t Stream::queued() const noexcept {
  return evbuffer_get_length(bufferevent_get_output(stream_));
}
int Stream::fd() const noexcept { return bufferevent_getfd(stream_); }

void Stream::write(std::string_view head, Buffer& body) {
  std::size_t sent = 0;
  if (connected_ && queued() == 0) sent = writeDirectly(head, body);
  evbuffer* output = bufferevent_get_output(stream_);
  if (sent < head.size()) {
    const std::string_view rest = head.substr(sent);
    if (evbuffer_add(output, rest.data(), rest.size()) != 0) throw std::bad_alloc();
    sent = 0;
  } else {
    sent -= head.size();
  }
  body.drain(sent);
  if (!body.empty()) evbuffer_add_buffer(output, body.raw());
}

// Returns how many bytes went out. Errors are left to the loop's own attempt to write.
std::size_t Stream::writeDirectly(std::string_view head, Buffer& body) {
  constexpr int kBlocks = 16;
  std::array<evbuffer_iovec, kBlocks> blocks{};
  blocks[0].iov_base = const_cast<char*>(head.data());
  blocks[0].iov_len = head.size();
  int count = 1;
  if (!body.empty()) {
    const int peeked = evbuffer_peek(body.raw(), -1, nullptr, &blocks[1], kBlocks - 1);
    count += std::min(peeked, kBlocks - 1);
  }
  msghdr message{};
  message.msg_iov = blocks.data();
  message.msg_iovlen = static_cast<std::size_t>(count);
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void Stream::setLowWater(std::size_t bytes) {
  bufferevent_setwatermark(stream_, EV_WRITE, bytes, 0);
}

void Stream::stopReading() { bufferevent_disable(stream_, EV_READ); }
void Stream::startReading() { bufferevent_enable(stream_, EV_READ); }

void Stream::wake() {
  bufferevent_trigger(stream_, EV_READ, BEV_TRIG_DEFER_CALLBACKS | BEV_TRIG_IGNORE_WATERMARKS);
}

void Stream::shutdownWrite() { ::shutdown(fd(), SHUT_WR); }

void Stream::reset() {
  failure_.cancel();
  bufferevent_setcb(stream_, nullptr, nullptr, nullptr, nullptr);
  bufferevent_disable(stream_, EV_READ | EV_WRITE);
  evbuffer* output = bufferevent_get_output(stream_);
  evbuffer_drain(output, evbuffer_get_length(output));
  const linger now{1, 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  // Sends the reset now; the descriptor stays open until its owner closes it.
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  ::connect(fd(), &nowhere, sizeof nowhere);
}

void Stream::fail(Status why) {
  failure_ = loop_.defer([this, why = std::move(why)]() mutable {
    Observer& observer = observer_;
    observer.onError(std::move(why));  // may destroy this Stream
  });
}

void Stream::onRead(bufferevent*, void* self) noexcept {
  static_cast<Stream*>(self)->observer_.onReadable();
}

void Stream::onWrite(bufferevent*, void* self) noexcept {
  static_cast<Stream*>(self)->observer_.onDrained();
}

void Stream::onEvent(bufferevent* stream, short what, void* context) noexcept {
  auto* self = static_cast<Stream*>(context);
  const int error = EVUTIL_SOCKET_ERROR();
  if ((what & BEV_EVENT_CONNECTED) != 0) {
    self->connected_ = true;
    const int on = 1;
    ::setsockopt(self->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    self->observer_.onConnected();
    return;
  }
  if ((what & BEV_EVENT_EOF) != 0) {
    self->observer_.onEof();
    return;
  }
  if ((what & BEV_EVENT_ERROR) == 0) return;
  const int dns = self->connected_ ? 0 : bufferevent_socket_get_dns_error(stream);
  const char* text = dns != 0 ? evutil_gai_strerror(dns) : std::strerror(error);
  Status why =
      self->connected_ ? Status::internal(reasonText(text)) : Status::unavailable(reasonText(text));
  if (self->dialling_) {
    self->fail(std::move(why));
  } else {
    self->observer_.onError(std::move(why));
  }
}

}  // namespace evmicro::detail
