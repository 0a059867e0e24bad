#include "server/connection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include <evmicro/event_loop.h>

#include "codec/grpc_codec.h"
#include "http/rpc_header.h"
#include "net/one_message.h"
#include "net/trailers.h"
#include "server/refusal.h"
#include "server/server_stream.h"

namespace evmicro::detail {

namespace {

constexpr int kCallerGone = 499;

// The headers of a request that are not passed to its handler, and the caller's remaining time.
struct RequestHeaders {
  std::string_view contentType;
  std::string_view host;
  std::string_view timeout;
  std::string_view timeoutFor;
  std::string_view streamFor;
  std::string_view rpc;
};

// The views are valid until the next change of `headers`. The names are canonical.
RequestHeaders takeHeaders(Metadata& headers) {
  RequestHeaders taken;
  headers.removeIf([&taken](const Metadata::Entry& entry) {
    const auto take = [&entry](std::string_view name, std::string_view& value) {
      if (entry.name != name) return false;
      value = entry.value;
      return true;
    };
    switch (entry.name.size()) {
      case 4: return take("Host", taken.host) || take(kRpcHeader, taken.rpc);
      case 7: take("Timeout", taken.timeout); return false;
      case 10: return take("Stream-For", taken.streamFor);
      case 11: return take("Timeout-For", taken.timeoutFor);
      case 12: return take("Content-Type", taken.contentType);
      default: return false;
    }
  });
  return taken;
}

// The address that Timeout was meant for; empty if unknown. Timeout-For repeats the time, because a
// relay that sets another Timeout leaves it unchanged.
std::string_view timeIsFor(const RequestHeaders& headers) {
  const std::string_view mark = headers.timeoutFor;
  const std::size_t blank = mark.rfind(' ');
  if (blank == std::string_view::npos || mark.substr(blank + 1) != headers.timeout) return {};
  return mark.substr(0, blank);
}

// Go's services of 2016 pass on the headers of received calls.
bool isForAnother(const RequestHeaders& headers) {
  const std::string_view addressee = timeIsFor(headers);
  return !addressee.empty() && !headers.host.empty() && addressee != headers.host;
}

// Headers of a reply that handlers do not set.
bool isOfConnection(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "Connection", "Content-Length", "Content-Type", "Keep-Alive",
      "Te",         "Trailer",        "Upgrade",      "Transfer-Encoding"};
  return name.empty() || name[0] == ':' ||
         std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// What is wrong with calling `method` so; empty when nothing is, or the caller does not say what it
// begins: on Go's wire a call and the opening of a stream are the same. Ours mark a stream.
std::string_view mistakenFor(const Method& method, const RequestHeaders& headers) {
  if (headers.host.empty()) return {};
  const bool stream = headers.streamFor == headers.host;
  if (!method.streaming) return stream ? ": not a streaming method: it has to be called" : "";
  const bool call = !stream && timeIsFor(headers) == headers.host;
  return call ? ": a streaming method: a stream has to be opened" : "";
}

// Nanoseconds as decimal text, from when the request came at the latest. Anything else is ignored,
// as in Go.
std::optional<Context::Deadline> deadlineOf(const RequestHeaders& headers,
                                            Context::Deadline arrived) {
  const std::string_view text = headers.timeout;
  if (text.empty() || isForAnother(headers)) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) {
    return std::nullopt;
  }
  constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24 * 365);
  return arrived + std::min(std::chrono::nanoseconds(value), kLongest);
}

}  // namespace

ServerConnection::ServerConnection(ServerShared& shared, std::unique_ptr<Socket> socket,
                                   Observer& observer)
    : shared_(shared), observer_(observer), socket_(std::move(socket)) {
  socket_->observe(this);
}

ServerConnection::~ServerConnection() {
  if (destroyed_) *destroyed_ = true;
  socket_->observe(nullptr);
  if (!pending_) return;
  countEnd(kCallerGone);
  pending_->abandon(Status::cancelled("the server has stopped"));
}

void ServerConnection::onMessage(Message& message) {
  if (pending_) {
    if (const auto stream = pending_->stream()) stream->deliver(message);
    return;
  }
  if (message.body.empty() && awaitsBody(message.headers)) return;
  ServerCall::Request request;
  const RequestHeaders headers = takeHeaders(message.headers);
  request.codec = shared_.handlers.codecs.codecFor(headers.contentType);
  if (!request.codec) {
    unsupported(headers.contentType);
    return;
  }
  auto& contentType = shared_.memory.contentType;
  if (!contentType || *contentType != headers.contentType) {
    contentType = std::make_shared<const std::string>(headers.contentType);
  }
  request.contentType = contentType;
  request.body = std::move(message.body);
  const MethodTable& methods = shared_.handlers.methods;
  const Method* const named = headers.rpc.empty() ? nullptr : methods.at(headers.rpc);
  if (named) {
    request.frame.method = named->endpoint.name;
  } else if (!headers.rpc.empty()) {
    request.frame.method = methods.nameOf(headers.rpc);
  }
  const std::size_t size = request.body.size();
  Status status = request.codec->readRequest(request.body, request.frame);
  if (!status.ok()) {
    ++shared_.refused.undecodable;
    refuse(request, std::move(status).withId(shared_.handlers.name).toWire());
    return;
  }
  const MethodTable::Found found =
      named && request.frame.method == named->endpoint.name
          ? MethodTable::Found{named, {}}
          : methods.find(request.frame.method);  // the codec has it from the body
  if (!found.method && headers.rpc.empty() && isGrpcType(*request.contentType)) {
    unsupported(*request.contentType);  // by HTTP/1.1, where it has no form
    return;
  }
  if (!found.method) {
    ++shared_.refused.unknownMethods;
    refuse(request, found.problem);
    return;
  }
  std::string_view problem = mistakenFor(*found.method, headers);
  if (found.method->streaming && !socket_->carriesStreams()) {
    problem = ": the transport does not carry streams";
  }
  if (!problem.empty()) {
    refuse(request, Status::invalid(std::string(request.frame.method).append(problem))
                        .withId(shared_.handlers.name)
                        .toWire());
    return;
  }
  started_ = EventLoop::now();
  const auto arrived = shared_.turns.begun(started_);
  std::optional<Context::Deadline> deadline;
  if (!headers.timeout.empty()) deadline = deadlineOf(headers, waitingSince().value_or(arrived));
  Status refusal = reasonNotToRun(*found.method, size, arrived, deadline);
  if (!refusal.ok()) {
    decline(*found.method, request, std::move(refusal));
    return;
  }
  if (found.method->takesOneMessage) {
    if (auto* const counts = dynamic_cast<TakesOneMessage*>(socket_.get()))
      counts->takeOneMessage();
  }
  startCall(*found.method, std::move(request), message.headers, deadline);
}

// Whether a head has come alone, and its method is not a stream's.
bool ServerConnection::awaitsBody(const Metadata& headers) const {
  const auto rpc = headers.get(kRpcHeader);
  const Method* const method = rpc ? shared_.handlers.methods.at(*rpc) : nullptr;
  return method && !method->streaming;
}

bool ServerConnection::awaitsRequest() const noexcept {
  const auto* const arrivals = dynamic_cast<const MessageArrivals*>(socket_.get());
  return !busy() && arrivals && arrivals->awaitsRest();
}

// A message that was sent behind a call in progress has been waiting for longer than the turn.
std::optional<Context::Deadline> ServerConnection::waitingSince() {
  if (!waiting_) {
    const bool queues = socket_->reusable();  // otherwise there is one call
    waiting_ = queues ? dynamic_cast<const MessageArrivals*>(socket_.get()) : nullptr;
  }
  return *waiting_ ? (*waiting_)->waitingSince() : std::nullopt;
}

void ServerConnection::startCall(const Method& method, ServerCall::Request&& request,
                                 Metadata& headers, std::optional<Context::Deadline> deadline) {
  // Once per connection: a client has its own, and this costs no search per call.
  if (!callerCount_) {
    callerCount_ = &shared_.callers.counter(headers.get("X-Micro-From-Service").value_or(""));
  }
  ++*callerCount_;
  Context context = std::move(shared_.memory.context);
  context.startRequest(headers, deadline);

  ReplySink& sink = *this;
  // Not from the pool: its last owner may be a thread that has had the reply.
  auto call = std::make_shared<ServerCall>(shared_.loop, shared_.handlers.name, std::move(request),
                                           context, sink);
  pending_ = call.get();
  replyBegun_ = false;
  stats_ = &method.stats;
  stats_->begun();
  ++shared_.inFlight;
  bool* const outer = destroyed_;
  bool destroyed = false;
  destroyed_ = &destroyed;
  ServerCall::start(std::move(call), shared_.handlers.wrappers, method.invoke);
  if (destroyed) {  // the handler has destroyed the server
    if (outer) *outer = true;
    return;
  }
  destroyed_ = outer;
  shared_.memory.context = std::move(context);
  if (pending_ && !pending_->isStream()) socket_->pause();  // the answer comes later
}

void ServerConnection::countEnd(int code) noexcept {
  --shared_.inFlight;
  if (pending_->isStream()) {
    stats_->streamEnded(code);
  } else {
    stats_->ended(code, EventLoop::now() - started_);
  }
}

void ServerConnection::onReply(ServerCall& call, int code, Buffer&& body) {
  countEnd(code);
  pending_ = nullptr;
  const bool close = call.undecodable() || call.isStream() || peerFinished_ || shared_.stopping ||
                     !socket_->reusable();
  sendReply(call, Part::kEnd, std::move(body), close ? After::kClose : After::kGoOn);
  if (!close) socket_->resume();
}

void ServerConnection::onStreamOpened() {
  stats_->streamOpened();
  socket_->setIdleTimeout(std::chrono::milliseconds(0));  // streams may be silent
  socket_->pause();                                       // until the stream has a callback
}

void ServerConnection::sendInStream(Buffer&& body) {
  sendReply(*pending_, Part::kMessage, std::move(body), After::kGoOn);
  const std::size_t most = shared_.streams.queueBytes;
  if (most > 0 && queued() > most) breakOff();
}

// In a later turn, because the handler is inside send().
void ServerConnection::breakOff() {
  if (brokenOff_) return;
  brokenOff_ = std::make_unique<Call>(shared_.loop.defer([this] {
    const std::size_t queued = socket_->queued();
    socket_->abort();
    onClosed(Status::overloaded("the peer does not read: " + std::to_string(queued) +
                                " bytes are queued"));
  }));
}

void ServerConnection::onWritable() {
  if (!pending_) return;
  if (const auto stream = pending_->stream()) stream->drained();
}

void ServerConnection::refuse(const ServerCall::Request& request, std::string_view problem) {
  Buffer body;
  request.codec->writeError(request.frame, problem, body);
  send(*request.contentType, std::move(body), After::kClose);
}

// Why a good request does not run all the same.
Status ServerConnection::reasonNotToRun(const Method& method, std::size_t size,
                                        Context::Deadline arrived,
                                        const std::optional<Context::Deadline>& deadline) {
  if (deadline && *deadline <= EventLoop::now()) {
    ++shared_.refused.expired;
    return deadlineHasPassed();
  }
  // Debug methods are how people find out what is wrong.
  const bool exempt = method.announce == HandleOptions::Announce::kNo;
  if (shared_.shedder.overloaded() && !exempt && shared_.shedder.refuses(arrived, started_)) {
    ++shared_.refused.shed;
    return Status::overloaded("the server is overloaded");
  }
  if (shared_.maxInFlight > 0 && shared_.inFlight >= shared_.maxInFlight && !exempt) {
    ++shared_.refused.tooMany;
    return Status::overloaded("too many requests in flight");
  }
  if (method.maxRequestBytes > 0 && size > method.maxRequestBytes) {
    ++shared_.refused.tooLarge;
    return Status::error(413, {},
                         "the request has " + std::to_string(size) + " bytes; " +
                             method.endpoint.name + " takes at most " +
                             std::to_string(method.maxRequestBytes));
  }
  return {};
}

// Answers in the error form of the codec, and goes on with the connection: connecting anew would
// only add to the load. Overload has its HTTP status, which tells our clients that nothing ran.
void ServerConnection::decline(const Method& method, const ServerCall::Request& request,
                               Status why) {
  method.stats.refused(why.code());
  Metadata headers;
  headers.set("Content-Type", *request.contentType);
  // Messages of a stream would be taken for requests.
  const bool close = method.streaming || peerFinished_ || shared_.stopping || !socket_->reusable();
  if (close) headers.set("Connection", "close");
  const bool overloaded = why.kind() == ErrorKind::kOverloaded;
  if (overloaded) {
    headers.set("Retry-After", std::to_string(shared_.shedder.retryAfter().count()));
  }
  Buffer body;
  request.codec->writeError(request.frame, std::move(why).withId(shared_.handlers.name).toWire(),
                            body);
  if (overloaded) {
    socket_->sendRefusal(429, headers, std::move(body));
  } else {
    socket_->send(headers, std::move(body));
  }
  if (close) socket_->close();
}

// go-micro's answer, which has the status 200. Servers of go-micro do not speak HTTP/2, where
// gRPC's specification asks for 415.
void ServerConnection::unsupported(std::string_view contentType) {
  ++shared_.refused.unsupported;
  Buffer text("Unsupported Content-Type: " + std::string(contentType));
  if (!dynamic_cast<SendsTrailers*>(socket_.get())) {
    return send("text/plain", std::move(text), After::kClose);
  }
  Metadata headers;
  headers.set("Content-Type", "text/plain");
  socket_->sendRefusal(415, headers, std::move(text));
  socket_->close();
}

// Whether there is any.
bool ServerConnection::addMetadata(const ServerCall& call, Part part, Metadata& headers) {
  const ReplyMetadata* const own = call.replyMetadata();
  if (!own) return false;
  const auto add = [&headers](const Metadata& metadata) {
    for (const Metadata::Entry& entry : metadata) {
      if (!isOfConnection(entry.name)) headers.set(entry.name, entry.value);
    }
  };
  if (!std::exchange(replyBegun_, true)) add(own->initial);
  if (part == Part::kMessage) return true;
  if (auto* const trailers = dynamic_cast<SendsTrailers*>(socket_.get())) {
    trailers->setTrailers(own->trailing);
  } else {
    add(own->trailing);
  }
  return true;
}

void ServerConnection::sendReply(const ServerCall& call, Part part, Buffer&& body, After after) {
  Metadata headers;
  if (!addMetadata(call, part, headers)) return send(call.contentType(), std::move(body), after);
  headers.set("Content-Type", call.contentType());
  if (after == After::kClose) headers.set("Connection", "close");
  socket_->send(headers, std::move(body));
  if (after == After::kClose) socket_->close();
}

// The last reply announces it, so that the client does not send another request on the closing
// connection.
void ServerConnection::send(std::string_view contentType, Buffer&& body, After after) {
  const bool close = after == After::kClose;
  Metadata& headers = close ? shared_.memory.lastReplyHeaders : shared_.memory.replyHeaders;
  if (headers.get("Content-Type") != contentType) {
    headers.set("Content-Type", contentType);
    if (close) headers.set("Connection", "close");
  }
  socket_->send(headers, std::move(body));
  if (after == After::kClose) socket_->close();
}

// During a call the socket is paused, so this runs between calls or in a stream.
Page ServerConnection::onPage(std::string_view path) {
  if (!pending_) return observer_.onPage(path);
  Page page;
  page.status = 405;
  page.body = "a stream is open on this connection\n";
  page.close = true;
  return page;
}

void ServerConnection::onRefused(const Metadata& headers, Page& answer) {
  writeRefusal(shared_.handlers.codecs, shared_.handlers.name, headers, answer);
}

// The peer may still read (a half-close) or have gone; TCP does not distinguish them. So the answer
// is still sent, but work started for it is cancelled.
void ServerConnection::onPeerFinished() {
  peerFinished_ = true;
  if (!pending_) {
    socket_->close();
    return;
  }
  pending_->peerFinished();
}

void ServerConnection::endCall(Status why) {
  if (pending_) pending_->end(std::move(why));
}

void ServerConnection::onClosed(Status why) {
  if (pending_) {
    countEnd(why.kind() == ErrorKind::kOverloaded ? why.code() : kCallerGone);
    ServerCall* const call = std::exchange(pending_, nullptr);
    if (why.ok()) {
      why = Status::cancelled("the caller has gone");
    } else if (why.kind() != ErrorKind::kOverloaded) {
      why = Status::cancelled("the caller has gone: " + why.detail());
    }
    call->abandon(std::move(why));
  }
  observer_.onConnectionOver(*this);  // usually destroys this object
}

}  // namespace evmicro::detail
