#include "http2/accepted_socket.h"

#include <algorithm>
#include <utility>

#include "http/page.h"
#include "http/rpc_header.h"
#include "http/url.h"

namespace evmicro::detail {

namespace {

constexpr char kCutMessage[] = "the request ends within a message";
constexpr char kNoMessage[] = "the request has no message; the method takes one";
constexpr char kTooManyMessages[] = "the request has more than one message; the method takes one";
constexpr int kNothingRan = 503;

}  // namespace

Http2Stream* Http2AcceptedSocket::open(Http2Session& session, std::int32_t id, Observer& observer) {
  BlockPool& pool = *session.shared().blocks;
  std::unique_ptr<Http2AcceptedSocket> socket(new (pool)
                                                  Http2AcceptedSocket(session, id, observer));
  Http2AcceptedSocket* const raw = socket.get();
  raw->own_ = std::move(socket);
  session.markReady(*raw);  // to limit the time until its head is whole
  return raw;
}

Http2AcceptedSocket::Http2AcceptedSocket(Http2Session& session, std::int32_t id, Observer& observer)
    : session_(&session),
      observer_(&observer),
      id_(id),
      life_(session.shared().deadlines, *this, session.turnBegan()),
      reader_(session.shared().limits.bodyBytes) {}

Http2AcceptedSocket::~Http2AcceptedSocket() {
  if (destroyed_) *destroyed_ = true;
  if (!session_) return;
  leave();
  if (!closed_) session_->reset(id_, NGHTTP2_CANCEL);
  session_->forget(id_, *this);
}

// --- the head: within nghttp2

void Http2AcceptedSocket::onHeader(std::string_view name, nghttp2_rcbuf& value) {
  if (headersEnded_) return;   // a trailer
  session_->markReady(*this);  // it is to be counted
  head_.add(name, value, session_->shared().limits, message_.headers);
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
  life_.touch(session_->turnBegan());
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
  const bool closing = life_.closing();
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
  if (closed_ && !unsent) return ended();
  if (closing && !limited_) limitClosing();  // usually everything has been sent by now
}

// The fields of the head are counted as long as they are kept here.
std::size_t Http2AcceptedSocket::headBytes() const noexcept {
  return opened_ && message_.headers.empty() ? 0 : head_.bytes();
}

void Http2AcceptedSocket::countLoad() noexcept {
  Http2Session::Load now;
  now.held = sizeof *this + headBytes() + reader_.size() + out_.size() + message_.body.size();
  now.owed = unlimited_ ? 0 : out_.size();
  session_->count(now, std::exchange(load_, now));
}

std::optional<AcceptedConnection::Arriving> Http2AcceptedSocket::arriving() const noexcept {
  if (!session_ || unlimited_) return std::nullopt;
  const auto began = life_.messageBegan(session_->shared().messageTimeout);
  if (!began) return std::nullopt;
  return AcceptedConnection::Arriving{*began, headBytes() + reader_.size() + message_.body.size()};
}

// Whether the rest of the request is to be expected.
bool Http2AcceptedSocket::arrives() const noexcept {
  return !inputEnded_ && !closed_ && life_.open() && life_.heardLately();
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
  if (head_.isGrpc()) life_.messageComplete();
  if (!session_->observed()) return session_->reset(id_, NGHTTP2_REFUSED_STREAM);
  using Method = Http2RequestHead::Method;
  const bool reads = head_.method() == Method::kGet || head_.method() == Method::kHead;
  if (!head_.isGrpc()) kind_ = reads ? Kind::kPage : Kind::kMessage;
  if (head_.problem().status != 0) {
    session_->shared().refusals.note(head_.problem());
    if (kind_ != Kind::kGrpc) return refuse(head_.problem());
  }
  if (kind_ == Kind::kPage) return answerPage();
  if (head_.method() != Method::kPost) {
    return refuse({405, head_.isGrpc() ? "gRPC's calls are made by POST\n"
                                       : "only GET, HEAD and POST are accepted\n"});
  }
  if (kind_ == Kind::kGrpc) return beginGrpc();
  message_.headers.set("Content-Type", head_.contentType());
}

void Http2AcceptedSocket::beginGrpc() {
  if (head_.problem().status != 0) {
    return fail({GrpcCode::kInternal, std::string(head_.problem().reason), {}});
  }
  if (head_.encoding() == GrpcEncoding::kUnknown) {
    return fail({GrpcCode::kUnimplemented, "this grpc-encoding is not known", {}});
  }
  const std::string& rpc = observer_->paths().methodOf(head_.path());
  if (rpc.empty()) {
    return fail({GrpcCode::kUnimplemented,
                 "the path is not /Service/Method: " + std::string(head_.path()),
                 {}});
  }
  reader_.setEncoding(head_.encoding());
  Metadata& headers = message_.headers;
  headers.set("Content-Type", head_.contentType());
  headers.set(kRpcHeader, rpc);
  if (const auto timeout = head_.timeout()) {
    headers.set("Timeout", std::to_string(std::max<std::int64_t>(timeout->count(), 1)));
  }
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
  if (!opened_ && mayDeliver()) {
    opened_ = true;
    if (!deliverOne(message_)) return false;
    if (!message_.headers.empty()) messages_ = Messages::kOnly;
  }
  if (messages_ == Messages::kOnly) return deliverOnly();
  while (opened_ && mayDeliver()) {
    const auto progress = reader_.next(message_.body);
    if (progress == GrpcReader::Progress::kNeedMore) return deliverEnd();
    if (progress == GrpcReader::Progress::kError) {
      failUnread();
    } else if (!deliverNext()) {
      return false;
    }
  }
  return true;
}

// The message that has been read.
bool Http2AcceptedSocket::deliverNext() {
  life_.messageComplete();
  if (messages_ == Messages::kOne && (haveOne_ || reader_.size() > 0)) {
    fail({GrpcCode::kUnimplemented, kTooManyMessages, {}});
    return true;
  }
  haveOne_ = true;
  if (!deliverOne(message_)) return false;
  message_.headers.clear();
  message_.body.clear();
  return true;
}

// Everything that has come is delivered.
bool Http2AcceptedSocket::deliverEnd() {
  bool* const destroyed = destroyed_;
  if (!inputEnded_) {
    if (reader_.size() > 0) life_.messageBegun(session_->shared().messageTimeout);
    return true;
  }
  if (std::exchange(toldEnd_, true)) return true;
  if (reader_.size() > 0) {
    fail({GrpcCode::kInternal, kCutMessage, {}});
    return true;
  }
  if (messages_ == Messages::kOne && !haveOne_) {
    fail({GrpcCode::kUnimplemented, kNoMessage, {}});
    return true;
  }
  life_.observer()->onPeerFinished();
  return !*destroyed;
}

// The message of a call. UNIMPLEMENTED says that nothing has run, so the handler has to wait until
// there can be no other message. Whatever follows the first is one too many.
bool Http2AcceptedSocket::deliverOnly() {
  if (!mayDeliver()) return true;
  const bool read = !message_.body.empty();  // in an earlier turn
  const auto progress = read ? GrpcReader::Progress::kMessage : reader_.next(message_.body);
  if (progress == GrpcReader::Progress::kError) {
    failUnread();
  } else if (progress == GrpcReader::Progress::kMessage && reader_.size() > 0) {
    fail({GrpcCode::kUnimplemented, kTooManyMessages, {}});
  } else if (!inputEnded_) {
    life_.messageBegun(session_->shared().messageTimeout);
  } else if (progress == GrpcReader::Progress::kMessage) {
    messages_ = Messages::kAny;  // those that follow are none
    return deliverNext();
  } else if (reader_.size() > 0) {
    fail({GrpcCode::kInternal, kCutMessage, {}});
  } else {
    fail({GrpcCode::kUnimplemented, kNoMessage, {}});
  }
  return true;
}

// A message of go-micro, which is whole when the request is.
bool Http2AcceptedSocket::deliverMessage() {
  const std::size_t most = session_->shared().limits.bodyBytes;
  if (responded_) return true;
  if (most > 0 && reader_.size() > most) {
    session_->shared().refusals.note(kBodyTooLarge);
    refuse(kBodyTooLarge);
    return true;
  }
  if (!inputEnded_ || std::exchange(opened_, true)) return true;
  life_.messageComplete();
  if (!session_->observed()) return true;
  message_.body = reader_.takeAll();
  if (!handOut()) return false;
  return !mayDeliver() || deliverOne(message_);
}

void Http2AcceptedSocket::answerPage() {
  bool* const destroyed = destroyed_;
  const Page page = observer_->onPage(splitHttpTarget(head_.path()).path);
  if (*destroyed) return;
  Metadata headers;
  headers.set("Content-Type", page.contentType);
  respond(page.status, &headers);
  if (head_.method() != Http2RequestHead::Method::kHead) out_.append(page.body);
  end();
  life_.close();
}

// What has been taken may be sent again. While nothing is taken, the window stops the peer.
void Http2AcceptedSocket::useInput() {
  if (!session_ || unused_ == 0 || closed_ || inputEnded_) return;
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

void Http2AcceptedSocket::takeOneMessage() { messages_ = Messages::kOne; }

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
    error_ = std::make_unique<GrpcError>(
        GrpcError{GrpcCode::kUnavailable, "the server is stopping", {}, kNothingRan});
  }
  end();
  if (unused_ > 0 && !closed_ && !inputEnded_) {
    session_->consume(id_, std::exchange(unused_, 0));
  }
}

// The peer must take some of the rest in time.
void Http2AcceptedSocket::limitClosing() {
  limited_ = true;
  unflushed_ = out_.size();
  if (session_ && !closed_) {
    life_.limitClosing(std::max(session_->shared().startIdleTimeout, kFlush));
  }
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
      refuse(kTooSlow);
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
