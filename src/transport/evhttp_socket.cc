#include "transport/evhttp_socket.h"

#include <sys/socket.h>
#include <utility>

#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include <evmicro/carried_headers.h>

#include "event/loop_event.h"
#include "net/tcp_stream.h"

namespace evmicro::detail {

namespace {

constexpr int kNoTimeout = 86'400;  // seconds; 0 would be libevent's own 50 s
constexpr std::chrono::milliseconds kLinger{1'000};

std::string_view describe(evhttp_request_error error) noexcept {
  switch (error) {
    case EVREQ_HTTP_TIMEOUT: return "timed out";
    case EVREQ_HTTP_EOF: return "closed before the whole reply";
    case EVREQ_HTTP_INVALID_HEADER: return "not an HTTP/1.x reply";
    case EVREQ_HTTP_DATA_TOO_LONG: return "the reply is over the limit";
    case EVREQ_HTTP_BUFFER_ERROR: return "connection broken";
    case EVREQ_HTTP_REQUEST_CANCEL: return "cancelled";
  }
  return "failed";
}

void addHeaders(evhttp_request* request, const Metadata& headers, const std::string& authority) {
  evkeyvalq* const out = evhttp_request_get_output_headers(request);
  evhttp_add_header(out, "Host", authority.c_str());
  for (const Metadata::Entry& entry : headers) {
    // evhttp accepts any name, and a line break in one would inject a header.
    if (!isCarriedHeader(entry.name)) continue;
    std::string value;
    appendHeaderValue(value, entry.value);
    evhttp_add_header(out, std::string(entry.name).c_str(), value.c_str());
  }
}

}  // namespace

EvhttpSocket::EvhttpSocket(EventLoop& loop, Resolver& resolver, const DialAddress& address,
                           std::string authority, const DialOptions& options)
    : loop_(loop),
      authority_(std::move(authority)),
      options_(options),
      connectTimer_(loop, [this] { onConnectTime(); }),
      idleTimer_(loop,
                 [this] {
                   if (!waiting_) over({});
                 }),
      closeTimer_(loop, [this] { over({}); }) {
  if (const auto digits = SocketAddress::ofLiteral(address.host, address.port)) {
    addresses_ = {*digits};
    return;
  }
  lookup_ = resolver.resolve(address.host, address.port, [this](Result<ResolvedAddresses> found) {
    onResolved(std::move(found));
  });
}

void EvhttpSocket::onResolved(Result<ResolvedAddresses> found) {
  if (over_ || end_) return;
  if (!found.ok()) {
    return fail(Status::unavailable(authority_ + ": connect: " + found.status().detail()));
  }
  addresses_ = std::move(*found);
  if (waiting_) connectNext();
}

void EvhttpSocket::connectNext() {
  const SocketAddress& address = addresses_[next_++];
  disconnect();
  connection_.reset(
      evhttp_connection_base_new(loop_.base(), nullptr, address.host().c_str(), address.port()));
  if (!connection_) throw std::bad_alloc();
  evhttp_connection_set_timeout(connection_.get(), kNoTimeout);
  evhttp_connection_set_closecb(connection_.get(), &EvhttpSocket::onDisconnect, this);
  if (options_.maxBodyBytes > 0) {
    evhttp_connection_set_max_body_size(connection_.get(),
                                        static_cast<ev_ssize_t>(options_.maxBodyBytes));
  }
  if (options_.maxHeaderBytes > 0) {
    evhttp_connection_set_max_headers_size(connection_.get(),
                                           static_cast<ev_ssize_t>(options_.maxHeaderBytes));
  }
  request();
}

EvhttpSocket::~EvhttpSocket() { disconnect(); }

// Never called while evhttp is using the connection. Drops its request without a callback.
void EvhttpSocket::disconnect() {
  if (connection_) evhttp_connection_set_closecb(connection_.get(), nullptr, nullptr);
  if (connection_ && inherited(loop_)) sever(fd());  // evhttp shuts it down
  connection_.reset();
}

int EvhttpSocket::fd() const noexcept {
  return connection_ ? bufferevent_getfd(evhttp_connection_get_bufferevent(connection_.get())) : -1;
}

bool EvhttpSocket::connected() const noexcept {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  return fd() >= 0 && getpeername(fd(), reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

void EvhttpSocket::wake() {
  turn_ = loop_.defer([this] { advance(); });
}

void EvhttpSocket::observe(Observer* observer) {
  observer_ = observer;
  if (observer && (reply_ || end_)) wake();
}

void EvhttpSocket::resume() {
  paused_ = false;
  if (reply_ || end_) wake();
}

void EvhttpSocket::send(const Metadata& headers, Buffer&& body) {
  if (over_ || end_ || finished_ || closing_) return;
  if (waiting_ || reply_) {
    return fail(
        Status::invalid(authority_ +
                        ": evhttp does not carry streams: a message was sent before the reply "
                        "to the last"));
  }
  headers_ = headers;
  body_ = std::move(body);
  waiting_ = true;
  keepsAlive_ = false;
  idleTimer_.stop();
  const auto connectTimeout = options_.connectTimeout;
  if (connectTimeout.count() > 0 && !connected()) connectTimer_.start(connectTimeout);
  if (connection_) {
    request();
  } else if (!addresses_.empty()) {
    connectNext();
  }
}

void EvhttpSocket::request() {
  made_ = disconnected_ = false;
  error_.reset();
  evhttp_request* const request = evhttp_request_new(&EvhttpSocket::onReply, this);
  evhttp_request_set_error_cb(request, &EvhttpSocket::onError);
  addHeaders(request, headers_, authority_);
  const std::string_view bytes = body_.contiguous();
  evbuffer_add(evhttp_request_get_output_buffer(request), bytes.data(), bytes.size());
  // The callback may run within this call. After -1 the request must not be used.
  if (evhttp_make_request(connection_.get(), request, EVHTTP_REQ_POST, "/") != 0) {
    fail(Status::unavailable(authority_ + ": connect: the request could not be made"));
  }
}

std::size_t EvhttpSocket::queued() const noexcept {
  if (!waiting_) return 0;
  if (!connected()) return body_.size();
  bufferevent* const stream = evhttp_connection_get_bufferevent(connection_.get());
  return evbuffer_get_length(bufferevent_get_output(stream));
}

bool EvhttpSocket::reusable() const noexcept {
  return keepsAlive_ && !disconnected_ && !waiting_ && !reply_ && !end_ && !over_ && !closing_ &&
         !finished_ && connected();
}

std::string EvhttpSocket::localAddress() const { return localAddressOf(fd()); }

void EvhttpSocket::setIdleTimeout(std::chrono::milliseconds timeout) {
  idleTimeout_ = timeout;
  idleTimer_.stop();
  if (timeout.count() > 0 && !waiting_) idleTimer_.start(timeout);
}

// --- callbacks of evhttp

// `request` is null, or has the status 0, if there was no reply.
void EvhttpSocket::onReply(evhttp_request* request, void* self) noexcept {
  auto* socket = static_cast<EvhttpSocket*>(self);
  if (request && evhttp_request_get_response_code(request) != 0) {
    socket->takeReply(request);
  } else {
    socket->takeFailure();
  }
  socket->wake();
}

void EvhttpSocket::onError(evhttp_request_error error, void* self) noexcept {
  static_cast<EvhttpSocket*>(self)->error_ = error;
}

// Called only for connections that were established. After an error it runs before the other
// callbacks.
void EvhttpSocket::onDisconnect(evhttp_connection* /*connection*/, void* self) noexcept {
  auto* socket = static_cast<EvhttpSocket*>(self);
  socket->made_ = socket->disconnected_ = true;
  socket->wake();
}

void EvhttpSocket::requestEnded() {
  waiting_ = false;
  connectTimer_.stop();
  body_.clear();
}

void EvhttpSocket::takeReply(evhttp_request* request) {
  requestEnded();
  const int status = evhttp_request_get_response_code(request);
  if (status < 200) {  // evhttp treats 103 as the reply
    end_ = Status::internal("bad reply from " + authority_ + ": interim status " +
                            std::to_string(status));
    return;
  }
  Message message;
  message.status = status;
  bool closes = false;
  const evkeyvalq* const headers = evhttp_request_get_input_headers(request);
  for (const evkeyval* header = headers->tqh_first; header; header = header->next.tqe_next) {
    const std::string name = canonicalHeaderName(header->key);
    if (!message.headers.has(name)) message.headers.set(name, header->value);
    if (name == "Connection") closes = evutil_ascii_strcasecmp(header->value, "close") == 0;
  }
  evbuffer* const body = evhttp_request_get_input_buffer(request);
  const std::size_t size = evbuffer_get_length(body);
  if (size > 0) {
    message.body.append({reinterpret_cast<const char*>(evbuffer_pullup(body, -1)), size});
  }
  // Bytes after the reply would be taken for the next one.
  bufferevent* const stream = evhttp_connection_get_bufferevent(connection_.get());
  const bool more = evbuffer_get_length(bufferevent_get_input(stream)) > 0;
  keepsAlive_ = message.headers.has("Keep-Alive") && !closes && !more;
  reply_ = std::move(message);
}

void EvhttpSocket::takeFailure() {
  unreached_ = !made_ && next_ < addresses_.size();
  if (unreached_) return;
  requestEnded();
  if (!made_) {
    end_ = Status::unavailable(authority_ + ": connect: not reached");
  } else {
    const std::string_view what = error_ ? describe(*error_) : "connection broken";
    end_ = Status::internal("bad reply from " + authority_ + ": " + std::string(what));
  }
}

void EvhttpSocket::onConnectTime() {
  if (waiting_ && !connected()) fail(Status::unavailable(authority_ + ": connect: timed out"));
}

// --- closing

// The connection is gone; the observer is notified in a later turn.
void EvhttpSocket::fail(Status why) {
  requestEnded();
  unreached_ = false;
  reply_.reset();
  disconnect();
  end_ = std::move(why);
  wake();
}

void EvhttpSocket::advance() {
  if (!over_ && std::exchange(unreached_, false)) return connectNext();
  if (over_ || !observer_ || (paused_ && !end_)) return;
  if (reply_) {
    if (closing_) return over({});
    Message message = std::move(*reply_);
    reply_.reset();
    const Lifetime::Watch alive = lifetime_.watch();
    observer_->onMessage(message);
    if (alive.expired() || waiting_) return;
    if (end_ || disconnected_) wake();
  } else if (end_) {
    over(*std::exchange(end_, std::nullopt));
  } else if (disconnected_ && !waiting_) {
    over({});
  }
}

void EvhttpSocket::over(Status why) {
  if (std::exchange(over_, true)) return;
  waiting_ = false;
  turn_.cancel();
  connectTimer_.stop();
  idleTimer_.stop();
  closeTimer_.stop();
  disconnect();
  if (observer_) observer_->onClosed(std::move(why));  // may destroy this object
}

// A request in progress has a second to be answered; its reply is discarded.
void EvhttpSocket::close() {
  if (over_ || std::exchange(closing_, true)) return;
  closeTimer_.start(waiting_ ? kLinger : std::chrono::milliseconds(0));
}

void EvhttpSocket::abort() {
  if (std::exchange(over_, true)) return;
  const linger reset{1, 0};
  if (fd() >= 0) setsockopt(fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  waiting_ = false;
  turn_.cancel();
  connectTimer_.stop();
  idleTimer_.stop();
  closeTimer_.stop();
  disconnect();
}

}  // namespace evmicro::detail
