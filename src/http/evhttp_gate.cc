#include "http/evhttp_gate.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <new>
#include <string>
#include <utility>

#include <event2/keyvalq_struct.h>
#include <sys/socket.h>

#include "event/loop_event.h"
#include "event/watch.h"
#include "http/exchange.h"
#include "http/head_writer.h"
#include "http/server_core.h"
#include "net/socket_address.h"
#include "net/stop_times.h"
#include "net/tcp_stream.h"

namespace evmicro::detail {

namespace {

// How much is read from a peer that keeps sending while it waits for a reply.
constexpr std::size_t kMaxStaged = 64U << 10;
// Peers that do not wait for it must not get it, because go-micro takes an interim reply for the
// reply. So it is sent only if the body does not arrive by itself.
constexpr std::chrono::milliseconds kContinueAfter{20};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

timeval asTimeval(std::chrono::milliseconds time) {
  const auto count = time.count();
  return {static_cast<time_t>(count / 1'000), static_cast<suseconds_t>(count % 1'000 * 1'000)};
}

bool sameName(const std::string& a, const char* b) {
  return evutil_ascii_strcasecmp(a.c_str(), b) == 0;
}

bool isFraming(const std::string& name) {
  return sameName(name, "Content-Length") || sameName(name, "Transfer-Encoding") ||
         sameName(name, "Connection");
}

constexpr HttpRefusal kUnknownMethod{501, "the method is not implemented"};
constexpr HttpRefusal kMalformedTarget{400, "malformed request target"};

// The methods with which evhttp reads a body.
bool mayHaveBody(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

// Methods that evhttp would refuse itself, possibly resetting the connection.
const HttpRefusal* refusedByEvhttp(const HttpHead& head) {
  constexpr std::string_view kBodiless[] = {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"};
  const bool known =
      mayHaveBody(head.method) ||
      std::find(std::begin(kBodiless), std::end(kBodiless), head.method) != std::end(kBodiless);
  if (!known) return &kUnknownMethod;
  const CHandle<evhttp_uri, evhttp_uri_free> target(
      evhttp_uri_parse_with_flags(head.target.c_str(), EVHTTP_URI_NONCONFORMANT));
  return target ? nullptr : &kMalformedTarget;
}

// The request as parsed by evhttp.
Message messageOf(evhttp_request* request) {
  Message message;
  const evkeyvalq* const headers = evhttp_request_get_input_headers(request);
  for (const evkeyval* header = headers->tqh_first; header; header = header->next.tqe_next) {
    message.headers.set(header->key, header->value);
  }
  evbuffer* const body = evhttp_request_get_input_buffer(request);
  if (evbuffer_get_length(body) > 0) evbuffer_add_buffer(message.body.raw(), body);
  return message;
}

const HttpExchange::Headers::value_type* findMalformed(const HttpExchange::Headers& headers) {
  for (const auto& header : headers) {
    if (!isHttpToken(header.first) || !isHttpFieldValue(header.second)) return &header;
  }
  return nullptr;
}

}  // namespace

EvhttpGate::EvhttpGate(HttpServerCore& core, bufferevent* stream)
    : core_(core),
      stream_(stream),
      inputCallback_(evbuffer_add_cb(bufferevent_get_input(stream), &EvhttpGate::onInput, this)),
      reader_(HttpReader::Role::kRequests,
              {core.options().maxHeaderBytes, core.options().maxBodyBytes,
               core.options().maxHeaderLines}),
      idleSince_(EventLoop::now()),
      heard_(idleSince_) {
  if (!inputCallback_) throw std::bad_alloc();
}

EvhttpGate::~EvhttpGate() {
  setDeadline(false);
  core_.admission().remove(*this);
  core_.memory().forget(*this);
  evbuffer_remove_cb_entry(bufferevent_get_input(stream_), inputCallback_);
}

bool EvhttpGate::adopt() {
  bufferevent_event_cb onEvent = nullptr;
  void* context = nullptr;
  bufferevent_getcb(stream_, nullptr, nullptr, &onEvent, &context);
  if (!onEvent) return false;  // bufferevent_free() clears the callbacks
  // The context of evhttp's callbacks is its connection: this is the only way to learn that a
  // connection without a request has closed.
  connection_ = static_cast<evhttp_connection*>(context);
  assert(evhttp_connection_get_bufferevent(connection_) == stream_);
  evhttp_connection_set_closecb(connection_, &EvhttpGate::onClosed, this);
  if (!core_.tls() && !isWatched(core_.loop(), bufferevent_getfd(stream_))) {
    close();
    return true;
  }
  if (const auto* const why = core_.admission().admit(bufferevent_getfd(stream_), ticket_)) {
    refuse(*why);
  } else {
    core_.admission().add(*this);
  }
  return true;
}

void EvhttpGate::onClosed(evhttp_connection* /*connection*/, void* self) noexcept {
  auto* connection = static_cast<EvhttpGate*>(self);
  if (const auto exchange = connection->exchange_.lock()) {
    if (exchange->connection) {
      HttpExchange::State::peerLeft(exchange);
      // After a failure below HTTP evhttp disowns a request that was not answered.
      if (!evhttp_request_get_connection(connection->request_)) {
        evhttp_request_free(connection->request_);
      }
    }
  }
  connection->core_.forget(connection->stream_);
}

void EvhttpGate::close() {
  if (const auto exchange = exchange_.lock()) exchange->connection = nullptr;
  exchange_.reset();
  bufferevent_disable(stream_, EV_READ | EV_WRITE);
  if (inherited(core_.loop())) sever(bufferevent_getfd(stream_));  // evhttp shuts it down
  evhttp_connection_free(connection_);                             // calls onClosed()
}

std::string EvhttpGate::peerAddress() const {
  const auto address = peerSocketAddress(bufferevent_getfd(stream_));
  return address ? address->text() : std::string();
}

void EvhttpGate::onInput(evbuffer* /*input*/, const evbuffer_cb_info* info, void* self) noexcept {
  auto* connection = static_cast<EvhttpGate*>(self);
  if (info->n_added > 0 && !connection->passing_) connection->takeInput();
}

// Runs inside libevent's read, just before it calls evhttp.
void EvhttpGate::takeInput() {
  evbuffer* input = bufferevent_get_input(stream_);
  if (phase_ == Phase::kClosing) {
    evbuffer_drain(input, evbuffer_get_length(input));
    return;
  }
  heard_ = EventLoop::now();
  const std::size_t size = evbuffer_get_length(input);
  staged_.append({reinterpret_cast<const char*>(evbuffer_pullup(input, -1)), size});
  evbuffer_drain(input, size);
  if (phase_ == Phase::kReading) return readNext();
  if (staged_.size() > kMaxStaged)
    bufferevent_disable(stream_, EV_READ);  // until the reply has
                                            // been written
  noteHeld();
}

std::size_t EvhttpGate::heldBytes() const noexcept {
  return staged_.size() + reader_.keptBytes() +
         evbuffer_get_length(bufferevent_get_output(stream_));
}

void EvhttpGate::noteHeld() { core_.memory().update(*this); }

// Destroys this object.
void EvhttpGate::giveUp() {
  if (phase_ == Phase::kReading) return refuse(kNoMemory);
  close();
}

std::optional<AcceptedConnection::Idleness> EvhttpGate::idleness() const noexcept {
  if (phase_ != Phase::kReading) return std::nullopt;
  if (!asked_) return Idleness{Rank::kSilent, idleSince_};
  if (!deadline_) return Idleness{Rank::kIdle, idleSince_};
  const auto began = (*deadline_)->first - core_.options().requestTimeout;
  return idlenessOf({began, staged_.size() + reader_.keptBytes()});
}

bool EvhttpGate::awaitsRequest() const noexcept {
  const bool expected = !asked_ || reader_.midMessage(staged_.size());
  return phase_ == Phase::kReading && expected && EventLoop::now() - heard_ < kMessageAwaited;
}

bool EvhttpGate::quiet() const noexcept {
  return evbuffer_get_length(bufferevent_get_input(stream_)) == 0 &&
         isQuiet(bufferevent_getfd(stream_));
}

void EvhttpGate::giveWay() {
  leaving_ = core_.loop().defer([this] {
    if (core_.admission().mayClose(*this)) close();
  });
}

void EvhttpGate::readNext() {
  switch (reader_.read(staged_)) {
    case HttpReader::Progress::kMessage: return passOn();
    case HttpReader::Progress::kRefused: return refuse(reader_.refusal());
    case HttpReader::Progress::kHead:  // not asked for
    case HttpReader::Progress::kNeedMore:
      setDeadline(reader_.midMessage(staged_.size()));
      if (MemoryBudget::counts(*this) || reader_.midMessage(staged_.size())) noteHeld();
      return offerToContinue();
  }
}

// Destroys this object.
void EvhttpGate::refuse(const HttpRefusal& refusal) {
  HttpServerCore& core = core_;
  const HttpRefusal why = refusal;
  const bool headKnown = reader_.midBody() && reader_.head().method == "POST";
  const Metadata headers = headKnown ? std::move(reader_.message().headers) : Metadata();
  core.refuse(release(), why, headKnown ? &headers : nullptr);
}

// At the front: libevent freezes the end of an input buffer except during its own reads.
void EvhttpGate::passOn() {
  const HttpHead& head = reader_.head();
  if (const HttpRefusal* const refusal = refusedByEvhttp(head)) return refuse(*refusal);
  setDeadline(false);
  continue_.reset();
  phase_ = Phase::kServing;
  asked_ = passing_ = true;
  Message& message = reader_.message();
  if (!mayHaveBody(head.method)) message.body.clear();
  message.headers.removeIf([](const Metadata::Entry& entry) { return entry.name == "Expect"; });
  std::string text;
  HeadWriter writer(text);
  writer.request(head.method, head.target);
  if (const auto host = message.headers.get("Host")) writer.field("Host", *host);
  if (mayHaveBody(head.method)) writer.length(message.body.size());
  writer.carried(message.headers).end();
  evbuffer* const input = bufferevent_get_input(stream_);
  if (evbuffer* const body = message.body.rawIfAny()) {
    evbuffer_prepend_buffer(input, body);
  } else {
    text.append(message.body.contiguous());
  }
  evbuffer_prepend(input, text.data(), text.size());
  reader_.drop();
  passing_ = false;
  if (MemoryBudget::counts(*this)) noteHeld();
}

void EvhttpGate::setDeadline(bool wanted) {
  if (wanted == deadline_.has_value()) return;
  if (wanted) {
    deadline_ = core_.startDeadline(*this);
  } else {
    core_.stopDeadline(*std::exchange(deadline_, std::nullopt));
  }
}

void EvhttpGate::overdue() {
  deadline_.reset();  // the list has removed it
  refuse(kTooSlow);
}

void EvhttpGate::offerToContinue() {
  if (!core_.options().offersContinue || continue_) return;
  if (!reader_.midBody() || !reader_.head().expectsContinue) return;
  continue_ = std::make_unique<Timer>(core_.loop(), [this] {
    // Written directly: nothing else is being written, and evhttp would take an output event for
    // the end of a reply.
    if (core_.tls()) return core_.tls()->sendNow(stream_, kContinue);
    [[maybe_unused]] const auto sent = ::send(bufferevent_getfd(stream_), kContinue.data(),
                                              kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  });
  continue_->start(kContinueAfter);
}

void EvhttpGate::serve(evhttp_request* request) {
  request_ = request;
  evhttp_request_set_on_complete_cb(request, &EvhttpGate::onComplete, this);
  HttpServer::Observer* observer = core_.observer();
  const auto exchange = std::make_shared<HttpExchange::State>(core_.loop(), *this, reader_.head(),
                                                              messageOf(request));
  exchange_ = exchange;
  observer->onRequest(HttpExchange(exchange));
  // This object may have been destroyed; the exchange knows that, and whether there is an answer to
  // wait for.
  if (exchange->connection) exchange->connection->watchPeer();
}

// While a reply is pending evhttp does not read, and so would not notice that its peer has closed.
void EvhttpGate::watchPeer() {
  watched_ = true;
  bufferevent_data_cb onWrite = nullptr;
  bufferevent_event_cb onEvent = nullptr;
  void* context = nullptr;
  bufferevent_getcb(stream_, nullptr, &onWrite, &onEvent, &context);
  // evhttp's read callback aborts the process if it is called while a reply is pending.
  bufferevent_setcb(stream_, &EvhttpGate::onWatchedInput, onWrite, onEvent, context);
  bufferevent_set_timeouts(stream_, nullptr, nullptr);
  bufferevent_enable(stream_, EV_READ);
}

void EvhttpGate::onWatchedInput(bufferevent* /*stream*/, void* /*self*/) noexcept {
  // onInput() has removed the input.
}

void EvhttpGate::restoreIdleTimeout() {
  if (!std::exchange(watched_, false) || core_.options().idleTimeout.count() <= 0) return;
  const timeval idle = asTimeval(core_.options().idleTimeout);
  evhttp_connection_set_timeout_tv(connection_, &idle);
}

void EvhttpGate::answer(int status, const HttpExchange::Headers& headers, std::string_view body,
                        bool close) {
  assert(status >= 200);
  exchange_.reset();
  if (const auto* malformed = findMalformed(headers)) {
    const std::string name = isHttpToken(malformed->first) ? ": " + malformed->first : "";
    return answer(500, {}, "the handler's reply has a malformed header" + name + "\n", close);
  }
  evkeyvalq* out = evhttp_request_get_output_headers(request_);
  for (const auto& [name, value] : headers) {
    if (!isFraming(name)) evhttp_add_header(out, name.c_str(), value.c_str());
  }
  setConnectionHeader(close);
  setBody(status, body);
  restoreIdleTimeout();
  const std::string reason(statusText(status));
  evhttp_send_reply(std::exchange(request_, nullptr), status, reason.c_str(), nullptr);
  // While evhttp writes, it would read without limit, and drop the reply if the peer has shut down
  // its sending side, which is legal.
  bufferevent_disable(stream_, EV_READ);
  noteHeld();
  watchReader();
}

// libevent's timeout starts again with each byte that the peer takes.
void EvhttpGate::watchReader() {
  const std::size_t least = core_.options().minReadRate;
  if (least == 0) return;
  const auto queued = [this] { return evbuffer_get_length(bufferevent_get_output(stream_)); };
  reading_.emplace(
      core_.rates(), [this, queued] { return queued() + untakenBytes(bufferevent_getfd(stream_)); },
      least, [queued] { return queued() > 0; }, [this](ReadRate::Rate rate) { onReadRate(rate); });
  reading_->wrote(0);
}

// May destroy this object.
void EvhttpGate::onReadRate(ReadRate::Rate rate) {
  if (rate == ReadRate::Rate::kEnough) return;
  core_.noteSlowReader();
  close();
}

void EvhttpGate::setConnectionHeader(bool close) {
  evkeyvalq* out = evhttp_request_get_output_headers(request_);
  if (close || reader_.head().close) {
    phase_ = Phase::kClosing;
    evhttp_add_header(out, "Connection", "close");
  } else if (reader_.head().minorVersion == 0) {
    evhttp_add_header(out, "Connection", "keep-alive");
  }
}

// evhttp would write a body even where there must be none.
void EvhttpGate::setBody(int status, std::string_view body) {
  if (status == 204 || status == 304) return;
  if (reader_.head().method == "HEAD") {
    evhttp_add_header(evhttp_request_get_output_headers(request_), "Content-Length",
                      std::to_string(body.size()).c_str());
    return;
  }
  evbuffer_add(evhttp_request_get_output_buffer(request_), body.data(), body.size());
}

// The reply is written. evhttp now closes the connection or waits for the next request. That may
// have arrived already, but must be passed on only after evhttp has begun to wait.
void EvhttpGate::onComplete(evhttp_request* /*request*/, void* self) noexcept {
  auto* connection = static_cast<EvhttpGate*>(self);
  connection->reading_.reset();
  if (MemoryBudget::counts(*connection)) connection->noteHeld();
  if (connection->phase_ == Phase::kClosing) return;
  connection->phase_ = Phase::kReading;
  connection->idleSince_ = EventLoop::now();
  if (connection->staged_.empty()) return;
  connection->next_ = connection->core_.loop().defer([connection] {
    if (connection->phase_ != Phase::kReading) return;
    bufferevent* const stream = connection->stream_;
    bufferevent_incref(stream);
    connection->readNext();  // may destroy it
    if (evbuffer_get_length(bufferevent_get_input(stream)) > 0) {
      bufferevent_trigger(stream, EV_READ, 0);
    }
    bufferevent_decref(stream);
  });
}

// Takes the connection from evhttp, and destroys this object. evhttp cannot detach a connection:
// its object remains the owner of the stream.
evhttp_connection* EvhttpGate::release() {
  evhttp_connection_set_closecb(connection_, nullptr, nullptr);
  bufferevent_setcb(stream_, nullptr, nullptr, nullptr, nullptr);
  bufferevent_set_timeouts(stream_, nullptr, nullptr);
  bufferevent_disable(stream_, EV_READ | EV_WRITE);
  evhttp_connection* const connection = connection_;
  core_.forget(stream_);
  return connection;  // *this is destroyed
}

}  // namespace evmicro::detail
