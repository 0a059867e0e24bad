#include "http2/accepted_socket.h"

#include <algorithm>
#include <utility>

#include "http/page.h"
#include "http/rpc_header.h"
#include "http/url.h"
#include "http2/grpc_timeout.h"
#include "json/base64.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kFieldOverhead = 32;  // of a header field, as HTTP/2 counts
constexpr std::string_view kGrpcType = "application/grpc";

bool isGrpc(std::string_view contentType) {
  if (contentType.substr(0, kGrpcType.size()) != kGrpcType) return false;
  const std::string_view rest = contentType.substr(kGrpcType.size());
  return rest.empty() || rest[0] == '+' || rest[0] == ';';
}

bool isBinary(std::string_view name) {
  return name.size() > 4 && name.substr(name.size() - 4) == "-bin";
}

}  // namespace

Http2Stream* Http2AcceptedSocket::open(Http2Session& session, std::int32_t id, Observer& observer) {
  std::unique_ptr<Http2AcceptedSocket> socket(new Http2AcceptedSocket(session, id, observer));
  Http2AcceptedSocket* const raw = socket.get();
  raw->own_ = std::move(socket);
  session.markReady(*raw);  // to limit the time until its head is whole
  return raw;
}

Http2AcceptedSocket::Http2AcceptedSocket(Http2Session& session, std::int32_t id, Observer& observer)
    : session_(&session),
      observer_(&observer),
      id_(id),
      life_(session.shared().deadlines, *this),
      reader_(session.shared().limits.bodyBytes) {}

Http2AcceptedSocket::~Http2AcceptedSocket() {
  if (destroyed_) *destroyed_ = true;
  if (!session_) return;
  leave();
  if (!closed_) session_->reset(id_, NGHTTP2_CANCEL);
  session_->forget(id_, *this);
}

// --- the head: within nghttp2

void Http2AcceptedSocket::onHeader(std::string_view name, std::string_view value) {
  if (headersEnded_) return;  // a trailer
  const auto& limits = session_->shared().limits;
  headerBytes_ += name.size() + value.size() + kFieldOverhead;
  ++headerLines_;
  const bool tooMany = limits.headerLines > 0 && headerLines_ > limits.headerLines;
  const bool tooLarge = limits.headerBytes > 0 && headerBytes_ > limits.headerBytes;
  if (tooMany || tooLarge) {
    problem_ = "the request head is too large";
    return;
  }
  session_->markReady(*this);  // it is to be counted
  if (name[0] == ':' ? pseudoHeader(name, value) : grpcHeader(name, value)) return;
  addHeader(name, value);
}

bool Http2AcceptedSocket::pseudoHeader(std::string_view name, std::string_view value) {
  if (name == ":method") method_ = value;
  if (name == ":path") path_ = value;
  return true;
}

bool Http2AcceptedSocket::grpcHeader(std::string_view name, std::string_view value) {
  if (name == "content-type") {
    contentType_ = value;
  } else if (name == "grpc-timeout") {
    timeout_ = parseGrpcTimeout(value);
    if (!timeout_) problem_ = "grpc-timeout is malformed";
  } else if (name == "grpc-encoding") {
    encoding_ = grpcEncodingOf(value);
  } else if (name == "grpc-accept-encoding") {
    acceptsGzip_ = acceptsGzip(value);
  } else {
    return name == "te" || name == "content-length";
  }
  return true;
}

// Binary values stay as they are, in base64: what a handler passes on by HTTP/1.1 must be text.
void Http2AcceptedSocket::addHeader(std::string_view name, std::string_view value) {
  if (isBinary(name)) {
    std::string bytes;
    if (!decodeBase64(value, bytes, Base64::kAnyForm)) problem_ = "binary metadata is not base64";
  }
  message_.headers.addFirst(name, value);
}

void Http2AcceptedSocket::onHeadersEnd() {
  headersEnded_ = true;
  session_->markReady(*this);
}

void Http2AcceptedSocket::onData(std::string_view bytes) {
  if (discards_) {
    session_->consume(id_, bytes.size());
    return;
  }
  life_.touch();
  reader_.append(bytes);
  unused_ += bytes.size();
  session_->markReady(*this);
}

void Http2AcceptedSocket::onInputEnd() {
  inputEnded_ = true;
  session_->markReady(*this);
}

void Http2AcceptedSocket::onStreamClosed(std::uint32_t code) {
  closed_ = code;
  session_->markReady(*this);
}

// --- the beginning: outside of nghttp2

void Http2AcceptedSocket::work() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  const bool reset = closed_.value_or(NGHTTP2_NO_ERROR) != NGHTTP2_NO_ERROR;
  if (headersEnded_ && !begun_ && !reset) begin();
  if (destroyed) return;
  if (begun_ && !reset && !deliver()) return;
  const bool arriving = !begun_ || (kind_ == Kind::kMessage && !inputEnded_ && !responded_);
  if (arriving && session_ && !closed_) life_.messageBegun(session_->shared().messageTimeout);
  if (std::exchange(drained_, false) && life_.observer() && !reset) {
    life_.observer()->onWritable();
    if (destroyed) return;
  }
  destroyed_ = nullptr;
  useInput();
  if (session_) countLoad();
  // Without its listener the connection goes with its last stream: everything is sent before.
  const bool unsent = session_ && !session_->observed() && session_->bytes().queued() > 0;
  if (closed_ && !unsent) ended();
}

// The fields of the head are counted as long as they are kept here.
void Http2AcceptedSocket::countLoad() noexcept {
  Http2Session::Load now;
  const std::size_t head = opened_ ? 0 : headerBytes_;
  now.held = sizeof *this + head + reader_.size() + out_.size() + message_.body.size();
  now.owed = unlimited_ ? 0 : out_.size();
  session_->count(now, std::exchange(load_, now));
}

// The session counts this no longer.
void Http2AcceptedSocket::leave() noexcept {
  session_->count({}, std::exchange(load_, {}));
  if (unlimited_) session_->exempt(-1);
}

// The stream is closed. May destroy this.
void Http2AcceptedSocket::ended() {
  const std::uint32_t code = *closed_;
  if (code != NGHTTP2_NO_ERROR && !(ending_ && out_.empty())) {
    over(Status::cancelled(peerAddress() +
                           ": the stream was reset: " + nghttp2_http2_strerror(code)));
  } else {
    over({});
  }
}

void Http2AcceptedSocket::over(Status why) {
  if (own_) {
    const auto self = std::move(own_);
    return;
  }
  if (life_.closed()) return life_.tellEnd();  // to a later observer
  life_.over(std::move(why));
}

void Http2AcceptedSocket::onLost(const Status& why) {
  leave();
  session_ = nullptr;
  closed_ = closed_.value_or(NGHTTP2_CANCEL);
  out_.clear();
  over(why.ok() ? Status::cancelled("the connection was closed") : why);
}

void Http2AcceptedSocket::begin() {
  begun_ = true;
  if (isGrpc(contentType_)) life_.messageComplete();
  if (!session_->observed()) return session_->reset(id_, NGHTTP2_REFUSED_STREAM);
  if (asksForPage(method_)) {
    kind_ = Kind::kPage;
  } else if (!isGrpc(contentType_)) {
    kind_ = Kind::kMessage;
  }
  if (headerBytes_ > 0 && !problem_.empty() && kind_ != Kind::kGrpc) {
    return refuse(kHeadTooLarge.status, problem_);
  }
  if (kind_ == Kind::kPage) return answerPage();
  if (method_ != "POST") return refuse(405, "only GET, HEAD and POST are accepted\n");
  if (kind_ == Kind::kGrpc) return beginGrpc();
  message_.headers.set("Content-Type", contentType_);
}

void Http2AcceptedSocket::beginGrpc() {
  if (!problem_.empty()) return fail({GrpcCode::kInternal, std::string(problem_), {}});
  if (encoding_ == GrpcEncoding::kUnknown) {
    return fail({GrpcCode::kUnimplemented, "this grpc-encoding is not known", {}});
  }
  rpc_ = methodOfGrpcPath(path_);
  if (rpc_.empty()) {
    return fail({GrpcCode::kUnimplemented, "the path is not /Service/Method: " + path_, {}});
  }
  reader_.setEncoding(encoding_);
  Metadata& headers = message_.headers;
  headers.set("Content-Type", contentType_);
  headers.set(kRpcHeader, rpc_);
  if (timeout_)
    headers.set("Timeout", std::to_string(std::max<std::int64_t>(timeout_->count(), 1)));
  handOut();
}

// Returns whether this object still exists.
bool Http2AcceptedSocket::handOut() {
  bool* const destroyed = destroyed_;
  keep_ = session_->self();
  observer_->onAccept(std::move(own_));
  return !*destroyed;
}

// --- delivering

// A peer that does not read its replies has to wait with further messages.
bool Http2AcceptedSocket::mayDeliver() const noexcept {
  return life_.observer() && !life_.paused() && !life_.slow() && life_.receiving() && !discards_;
}

// Returns whether this object still exists, like those below.
bool Http2AcceptedSocket::deliver() {
  switch (kind_) {
    case Kind::kGrpc: return deliverGrpc();
    case Kind::kMessage: return deliverMessage();
    case Kind::kPage: return true;
  }
  return true;
}

bool Http2AcceptedSocket::deliverOne(Message& message) {
  bool* const destroyed = destroyed_;
  life_.observer()->onMessage(message);
  return !*destroyed;
}

bool Http2AcceptedSocket::deliverGrpc() {
  bool* const destroyed = destroyed_;
  if (!opened_ && mayDeliver()) {
    opened_ = true;
    if (!deliverOne(message_)) return false;
  }
  while (opened_ && mayDeliver()) {
    const auto progress = reader_.next(message_.body);
    if (progress == GrpcReader::Progress::kError) {
      fail(reader_.error());
      return !*destroyed;
    }
    if (progress == GrpcReader::Progress::kNeedMore) break;
    life_.messageComplete();
    if (!deliverOne(message_)) return false;
    message_.headers.clear();
    message_.body.clear();
  }
  if (!mayDeliver()) return true;
  if (!inputEnded_) {
    const bool awaited = reader_.size() > 0 || message_.headers.has(kRpcHeader);
    if (awaited) life_.messageBegun(session_->shared().messageTimeout);
    return true;
  }
  if (std::exchange(toldEnd_, true)) return true;
  if (reader_.size() > 0) {
    fail({GrpcCode::kInternal, "the request ends within a message", {}});
    return true;
  }
  life_.observer()->onPeerFinished();
  return !*destroyed;
}

// A message of go-micro, which is whole when the request is.
bool Http2AcceptedSocket::deliverMessage() {
  const std::size_t most = session_->shared().limits.bodyBytes;
  if (most > 0 && reader_.size() > most) {
    refuse(kBodyTooLarge.status, kBodyTooLarge.reason);
    return true;
  }
  if (!inputEnded_ || responded_ || std::exchange(opened_, true)) return true;
  life_.messageComplete();
  if (!session_->observed()) return true;
  message_.body = reader_.takeAll();
  if (!handOut()) return false;
  return !mayDeliver() || deliverOne(message_);
}

void Http2AcceptedSocket::answerPage() {
  bool* const destroyed = destroyed_;
  const Page page = observer_->onPage(splitHttpTarget(path_).path);
  if (*destroyed) return;
  Metadata headers;
  headers.set("Content-Type", page.contentType);
  respond(page.status, &headers);
  if (method_ != "HEAD") out_.append(page.body);
  end();
  life_.close();
  limitClosing();
}

// What has been taken may be sent again. While nothing is taken, the window stops the peer.
void Http2AcceptedSocket::useInput() {
  if (!session_ || unused_ == 0 || closed_) return;
  const bool takes = mayDeliver() || kind_ == Kind::kMessage || discards_;
  if (takes) session_->consume(id_, std::exchange(unused_, 0));
}

// --- a socket's other functions

void Http2AcceptedSocket::observe(Socket::Observer* observer) {
  const bool endUntold = life_.observe(observer);
  if (!observer) return;
  if (session_) {
    session_->markReady(*this);
  } else if (endUntold) {
    life_.tellEndLater();
  }
}

void Http2AcceptedSocket::setIdleTimeout(std::chrono::milliseconds timeout) {
  life_.setIdleTimeout(timeout);
  const bool unlimited = timeout.count() == 0;
  if (session_ && unlimited != unlimited_) session_->exempt(unlimited ? 1 : -1);
  unlimited_ = unlimited;
}

void Http2AcceptedSocket::resume() {
  life_.resume();
  life_.touch();
  if (session_) session_->markReady(*this);
}

void Http2AcceptedSocket::close() {
  if (!life_.close()) return;
  discards_ = true;
  reader_.clear();
  if (!session_) return;
  if (!ending_ && !responded_) {
    error_ = {GrpcCode::kInternal, "the request has no message", {}};
  }
  end();
  if (unused_ > 0 && !closed_) session_->consume(id_, std::exchange(unused_, 0));
  limitClosing();
}

// The peer must take some of the rest in time.
void Http2AcceptedSocket::limitClosing() {
  unflushed_ = out_.size();
  if (session_ && !closed_)
    life_.limitClosing(std::max(session_->shared().startIdleTimeout, kFlush));
}

void Http2AcceptedSocket::abort() {
  life_.abort();
  out_.clear();
  discards_ = true;
  if (!session_) return;
  if (!closed_) session_->reset(id_, NGHTTP2_CANCEL);
  session_->markReady(*this);
}

void Http2AcceptedSocket::onTimeUp(SocketLife::Time time) {
  if (!session_) return;
  if (time == SocketLife::Time::kMessage) {
    session_->shared().refusals.note(kTooSlow);
    if (!headersEnded_) return session_->closeAtOnce(Status::timeout(std::string(kTooSlow.reason)));
    life_.messageComplete();
    if (kind_ == Kind::kGrpc) {
      fail({GrpcCode::kDeadlineExceeded, std::string(kTooSlow.reason), {}});
    } else if (!responded_) {
      refuse(kTooSlow.status, kTooSlow.reason);
    }
    session_->markReady(*this);
  } else if (time == SocketLife::Time::kClosing && out_.size() < unflushed_) {
    limitClosing();
  } else if (time == SocketLife::Time::kClosing || time == SocketLife::Time::kIdle) {
    session_->reset(id_, NGHTTP2_CANCEL);
    over({});
  }
}

std::string Http2AcceptedSocket::peerAddress() const {
  return session_ ? session_->bytes().peerAddress() : std::string();
}

std::string Http2AcceptedSocket::localAddress() const {
  return session_ ? session_->bytes().localAddress() : std::string();
}

std::shared_ptr<const PeerCertificate> Http2AcceptedSocket::peerCertificate() const {
  return session_ ? session_->bytes().peerCertificate() : nullptr;
}

}  // namespace evmicro::detail
