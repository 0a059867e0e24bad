// What each function owes to its callers is in <evmicro/transport.h>.
#include "frame_socket.h"

#include <cstring>

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <netdb.h>
#include <sys/socket.h>

#include <evmicro/carried_headers.h>
#include <evmicro/event_loop.h>

using namespace evmicro;

namespace {

std::string addressOf(bufferevent* stream, decltype(::getpeername) function) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (!stream || function(bufferevent_getfd(stream), raw, &size) != 0 ||
      ::getnameinfo(raw, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  return (address.ss_family == AF_INET6 ? "[" + std::string(host) + "]" : host) +
         (":" + std::string(port));
}

bool asksToClose(const Metadata& headers) {
  const std::string_view value = headers.get("Connection").value_or("");
  return value == "close" || value == "Close";
}

void readHeaders(std::string_view lines, Metadata& headers) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos)
      headers.addFirst(line.substr(0, colon), line.substr(colon + 2));
  }
}

}  // namespace

FrameSocket::FrameSocket(EventLoop& loop, int fd, const Limits& limits)
    : loop_(loop),
      limits_(limits),
      // Deferred: no callback from within a function of this class.
      stream_(
          bufferevent_socket_new(loop.base(), fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS)),
      connected_(fd >= 0),
      dialled_(fd < 0),
      timeUp_(loop, [this] {
        end(connected_ ? Status::timeout("frame: too slow")
                       : Status::unavailable("frame: connecting timed out"));
      }) {
  bufferevent_setcb(
      stream_, [](bufferevent*, void* self) { static_cast<FrameSocket*>(self)->read(); },
      [](bufferevent*, void* self) { static_cast<FrameSocket*>(self)->onEvent(0); },
      [](bufferevent*, short what, void* self) { static_cast<FrameSocket*>(self)->onEvent(what); },
      this);
  bufferevent_setwatermark(stream_, EV_WRITE, limits.highWater / 2, 0);
  bufferevent_enable(stream_, EV_READ | EV_WRITE);
}

FrameSocket::~FrameSocket() {
  if (stream_) bufferevent_free(stream_);
  if (stats) --stats->connections;
}

bool FrameSocket::connect(const sockaddr* address, int size, std::chrono::milliseconds timeout) {
  if (timeout.count() > 0) timeUp_.start(timeout);
  return bufferevent_socket_connect(stream_, address, size) == 0;
}

void FrameSocket::observe(Observer* observer) {
  observer_ = observer;
  if (observer_) resume();
}

void FrameSocket::resume() {
  paused_ = false;
  later_ = loop_.defer([this] { why_ ? report() : read(); });
}

void FrameSocket::send(const Metadata& headers, Buffer&& body) {
  if (!stream_ || finishing_) return;
  std::string head;
  for (const Metadata::Entry& entry : headers) {
    if (!isCarriedHeader(entry.name)) continue;
    head.append(entry.name).append(": ");
    appendHeaderValue(head, entry.value);
    head += '\n';
  }
  const std::uint32_t sizes[] = {htonl(static_cast<std::uint32_t>(head.size())),
                                 htonl(static_cast<std::uint32_t>(body.size()))};
  evbuffer* const out = bufferevent_get_output(stream_);
  evbuffer_add(out, sizes, sizeof sizes);
  evbuffer_add(out, head.data(), head.size());
  evbuffer_add_buffer(out, body.raw());
  slow_ = slow_ || (limits_.highWater > 0 && queued() > limits_.highWater);
}

std::size_t FrameSocket::queued() const noexcept {
  return stream_ ? evbuffer_get_length(bufferevent_get_output(stream_)) : 0;
}

// The next message if it is whole.
std::optional<Message> FrameSocket::take() {
  evbuffer* const in = bufferevent_get_input(stream_);
  std::uint32_t sizes[2];
  if (evbuffer_copyout(in, sizes, sizeof sizes) < static_cast<ev_ssize_t>(sizeof sizes)) return {};
  const std::size_t head = ntohl(sizes[0]), body = ntohl(sizes[1]);
  if ((limits_.headerBytes > 0 && head > limits_.headerBytes) ||
      (limits_.bodyBytes > 0 && body > limits_.bodyBytes)) {
    if (stats) ++stats->tooLarge;
    end(Status::internal("frame: the message is over the limit"));
    return {};
  }
  if (evbuffer_get_length(in) < sizeof sizes + head + body) return {};
  evbuffer_drain(in, sizeof sizes);
  std::string lines(head, '\0');
  evbuffer_remove(in, lines.data(), head);
  Message message;
  readHeaders(lines, message.headers);
  evbuffer_remove_buffer(in, message.body.raw(), body);
  last_ = asksToClose(message.headers);
  answered_ = true;
  return message;
}

// May destroy this.
void FrameSocket::read() {
  const auto alive = lifetime_.watch();
  while (stream_ && !paused_ && !closing_) {
    if (!observer_ && !onFirst) return;
    auto message = take();
    if (!message) break;
    timeUp_.stop();
    if (const auto first = std::exchange(onFirst, nullptr))
      first();  // sets an observer, or destroys this
    if (alive.expired()) return;
    if (!observer_) return end(Status::internal("frame: nobody takes the message"));
    observer_->onMessage(*message);
    if (alive.expired()) return;
  }
  if (!stream_) return;
  evbuffer* const in = bufferevent_get_input(stream_);
  if (closing_) evbuffer_drain(in, evbuffer_get_length(in));
  const bool incomplete = evbuffer_get_length(in) > 0 && !paused_ && !closing_;
  if (incomplete && !timeUp_.running() && limits_.messageTimeout.count() > 0) {
    timeUp_.start(limits_.messageTimeout);
  }
}

// 0: the low-water mark has been reached. May destroy this.
void FrameSocket::onEvent(short what) {
  if ((what & BEV_EVENT_CONNECTED) != 0) {
    connected_ = true;
    timeUp_.stop();
  } else if ((what & BEV_EVENT_TIMEOUT) != 0 && paused_) {
    bufferevent_enable(stream_, EV_READ);
  } else if (what != 0) {
    const int error = EVUTIL_SOCKET_ERROR();
    const auto alive = lifetime_.watch();
    read();
    if (alive.expired() || !stream_) return;
    if (!connected_) return end(Status::unavailable(std::string("frame: ") + std::strerror(error)));
    const bool orderly =
        (what & BEV_EVENT_EOF) != 0 && evbuffer_get_length(bufferevent_get_input(stream_)) == 0;
    const bool idle = (what & BEV_EVENT_TIMEOUT) != 0;
    end(orderly || idle ? Status() : Status::internal("frame: the connection broke"));
  } else {
    shutDown();
    if (std::exchange(slow_, false) && observer_) observer_->onWritable();
  }
}

void FrameSocket::end(Status why) {
  timeUp_.stop();
  bufferevent_free(std::exchange(stream_, nullptr));
  why_ = std::move(why);
  report();
}

// May destroy this.
void FrameSocket::report() {
  if (observer_) {
    const Status why = *std::exchange(why_, std::nullopt);
    observer_->onClosed(why);
  } else if (const auto lost = std::exchange(onLost, nullptr)) {
    lost();
  }
}

void FrameSocket::shutDown() {
  if (stream_ && finishing_ && connected_ && queued() == 0)
    ::shutdown(bufferevent_getfd(stream_), SHUT_WR);
}

void FrameSocket::finishSending() {
  finishing_ = true;
  if (stream_) bufferevent_setwatermark(stream_, EV_WRITE, 0, 0);
  shutDown();
}

void FrameSocket::close() {
  closing_ = true;
  paused_ = false;
  finishSending();
  timeUp_.start(std::chrono::seconds(1));
}

void FrameSocket::abort() {
  if (!stream_) return;
  const linger hard{1, 0};
  ::setsockopt(bufferevent_getfd(stream_), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  timeUp_.stop();
  later_.cancel();
  bufferevent_free(std::exchange(stream_, nullptr));
}

void FrameSocket::setIdleTimeout(std::chrono::milliseconds timeout) {
  const timeval limit{timeout.count() / 1'000, timeout.count() % 1'000 * 1'000};
  if (stream_) bufferevent_set_timeouts(stream_, timeout.count() > 0 ? &limit : nullptr, nullptr);
}

bool FrameSocket::reusable() const noexcept {
  const bool quiet = stream_ && !finishing_ && !last_;
  if (!quiet || !dialled_) return quiet;
  return answered_ && queued() == 0 && evbuffer_get_length(bufferevent_get_input(stream_)) == 0;
}

std::string FrameSocket::peerAddress() const { return addressOf(stream_, ::getpeername); }
std::string FrameSocket::localAddress() const { return addressOf(stream_, ::getsockname); }
