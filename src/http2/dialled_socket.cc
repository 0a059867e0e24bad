#include "http2/dialled_socket.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <evmicro/version.h>

#include "base/printable.h"
#include "codec/grpc_codec.h"
#include "http/rpc_header.h"
#include "http2/grpc_timeout.h"
#include "http2/metadata_fields.h"
#include "http2/request_head.h"
#include "json/base64.h"
#include "net/unix_address.h"

namespace evmicro::detail {

namespace {

// An error page of a proxy: as much of it as an error quotes.
constexpr std::size_t kMostOfPage = 1'024;
constexpr std::size_t kMostQuoted = 200;

// Fields of a reply that are not metadata. What gRPC leaves to programs is, and what callers must
// know.
bool isOfProtocol(std::string_view name) {
  if (name.substr(0, 5) == "grpc-") {
    return name != "grpc-status-details-bin" && name != "grpc-retry-pushback-ms" &&
           name != "grpc-tags-bin" && name != "grpc-trace-bin";
  }
  return name[0] == ':' || name == "content-type" || name == "evmicro-error-bin" ||
         name == "evmicro-refusal";
}

int numberIn(std::string_view text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

std::string timeoutOf(const Metadata& headers) {
  const auto text = headers.get("Timeout");
  std::int64_t left = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), left).ec != std::errc()) {
    return {};
  }
  return formatGrpcTimeout(std::chrono::nanoseconds(left));
}

std::string errorFrame(std::string_view text) {
  std::string frame(kGrpcPrefix, '\0');
  writeGrpcPrefix(frame.data(), kGrpcErrorFlag, text.size());
  return frame.append(text);
}

}  // namespace

Http2DialledSocket::Http2DialledSocket(std::shared_ptr<Http2Session> session,
                                       std::string_view authority)
    : keep_(std::move(session)),
      session_(keep_.get()),
      authority_(authority),
      life_(session_->shared().deadlines, *this),
      reader_(session_->shared().limits.bodyBytes) {
  session_->attach(*this);
}

Http2DialledSocket::~Http2DialledSocket() {
  if (destroyed_) *destroyed_ = true;
  if (!session_) return;
  session_->count({}, load_);
  if (id_ >= 0 && !closed_) session_->reset(id_, NGHTTP2_CANCEL);
  session_->forget(id_, *this);
}

// --- sending

void Http2DialledSocket::open(const Metadata& headers) {
  const std::string path = grpcPathOf(headers.get(kRpcHeader).value_or(""));
  const std::string timeout = timeoutOf(headers);
  Http2Fields fields;
  fields.addLiteral(":method", "POST");
  fields.addLiteral(":scheme", session_->bytes().secure() ? "https" : "http");
  fields.add(":path", path);
  if (isUnixAddress(authority_)) {
    fields.addLiteral(":authority", "localhost");
  } else {
    fields.add(":authority", authority_);
  }
  fields.addLiteral("te", "trailers");
  fields.add("content-type", headers.get("Content-Type").value_or("application/grpc"));
  fields.addLiteral("user-agent", "grpc-c++-evmicro/" EVMICRO_VERSION);
  fields.addLiteral("grpc-accept-encoding", "identity,gzip");
  if (!timeout.empty()) fields.add("grpc-timeout", timeout);
  compresses_ = headers.get("Grpc-Encoding") == "gzip";
  if (compresses_) fields.addLiteral("grpc-encoding", "gzip");
  MetadataFields own(fields, MetadataFields::Of::kGrpc);
  own.add(headers);
  isStream_ = headers.has("Stream-For");
  if (fields.listSize() > session_->mostFields()) {
    refused_ = Status::invalid("the call's metadata is too large: a head of " +
                               std::to_string(fields.listSize()) + " bytes, of at most " +
                               std::to_string(session_->mostFields()));
  } else if (const auto id = session_->request(fields, *this)) {
    id_ = *id;
  } else {
    refused_ = Status::unavailable(authority_ + ": the connection takes no more streams");
  }
  if (!refused_.ok()) closed_ = NGHTTP2_REFUSED_STREAM;
}

RefusedUnread::Why Http2DialledSocket::refusedUnread() const noexcept {
  const bool unread = closed_ == std::uint32_t{NGHTTP2_REFUSED_STREAM} &&
                      (refused_.ok() || refused_.kind() == ErrorKind::kUnavailable);
  if (!unread) return Why::kNot;
  return endedBefore_ || !refused_.ok() ? Why::kConnectionEnded : Why::kRefused;
}

void Http2DialledSocket::send(const Metadata& headers, Buffer&& body) {
  Buffer content(std::move(body));
  if (!session_ || closed_ || !life_.open() || finished_ || endTold_) return;
  life_.touch();
  const bool opening = id_ < 0;
  if (opening) open(headers);
  if (compresses_ && content.size() >= kWorthGzip) content = gzipMessage(std::move(content));
  if (!opening || !isStream_) out_.append(std::move(content));
  if (opening && !isStream_) finished_ = true;
  life_.noteQueued(out_.size(), session_->shared().highWaterBytes);
  resumeOutput();
}

void Http2DialledSocket::resumeOutput() {
  if (id_ >= 0 && !closed_) session_->resumeOutput(id_);
  session_->markReady(*this);
}

std::size_t Http2DialledSocket::queued() const noexcept {
  const bool reached = session_ && session_->bytes().connected();
  return out_.size() + (reached ? 0 : 1);  // the head
}

void Http2DialledSocket::finishSending() {
  if (!life_.finish()) return;
  finished_ = true;
  if (session_) resumeOutput();
}

Http2Stream::Output Http2DialledSocket::readOutput(std::uint8_t* to, std::size_t room) {
  Output output;
  output.size = out_.peek(to, std::min(room, out_.size()));
  out_.drain(output.size);
  output.end = finished_ && out_.empty();
  if (output.end && life_.closing()) limitClosing();
  if (life_.caughtUp(out_.size(), session_->shared().highWaterBytes)) {
    drained_ = true;
    session_->markReady(*this);
  }
  return output;
}

// --- receiving: within nghttp2

void Http2DialledSocket::onHeader(std::string_view name, nghttp2_rcbuf& field) {
  const std::string_view value = textOf(field);
  const std::size_t most = session_->shared().limits.headerBytes;
  fieldBytes_ += name.size() + value.size() + Http2Fields::kOverhead;
  if (most > 0 && fieldBytes_ > most) {
    problem_ = "its head is too large";
  } else {
    noteField(name, value);
  }
}

void Http2DialledSocket::noteField(std::string_view name, std::string_view value) {
  if (name == ":status") {
    httpStatus_ = numberIn(value);
  } else if (name == "content-type") {
    if (!isGrpcType(value)) problem_ = "its content type is " + std::string(value);
  } else if (name == "grpc-encoding") {
    const GrpcEncoding encoding = grpcEncodingOf(value);
    reader_.setEncoding(encoding);
    if (encoding == GrpcEncoding::kUnknown) problem_ = "its grpc-encoding is unknown";
  } else if (name == "grpc-status") {
    grpcStatus_ = numberIn(value);
  } else if (name == "grpc-message") {
    grpcMessage_ = percentDecoded(value);
  } else if (name == "evmicro-error-bin") {
    if (!decodeBase64(value, details_, Base64::kAnyForm)) details_.clear();
  } else if (name == "evmicro-refusal") {
    refusal_ = std::max(numberIn(value), 0);
  }
  if (!isOfProtocol(name)) (headersEnded_ ? trailers_ : initial_).addFirst(name, value);
}

void Http2DialledSocket::onHeadersEnd() {
  fieldBytes_ = 0;
  if (httpStatus_ >= 100 && httpStatus_ < 200) {  // the head is yet to come
    problem_.clear();
    return initial_.clear();
  }
  hasTrailers_ = std::exchange(headersEnded_, true);
  session_->markReady(*this);
}

void Http2DialledSocket::onData(std::string_view bytes) {
  life_.touch();
  const bool page = !isOfGrpc();
  if (!life_.receiving() || endTold_ || (page && reader_.size() >= kMostOfPage)) {
    return session_->consume(id_, bytes.size());
  }
  reader_.append(page ? bytes.substr(0, kMostOfPage) : bytes);
  unused_ += bytes.size();
  session_->markReady(*this);
}

void Http2DialledSocket::onInputEnd() {
  inputEnded_ = true;
  session_->markReady(*this);
}

void Http2DialledSocket::onStreamClosed(std::uint32_t code) {
  closed_ = code;
  endedBefore_ = session_->ending();
  session_->markReady(*this);
}

// --- delivering: outside of nghttp2

bool Http2DialledSocket::mayDeliver() const noexcept {
  return life_.observer() && !life_.paused() && life_.receiving() && !endTold_;
}

void Http2DialledSocket::work() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  if (!deliverMessages()) return;
  if (std::exchange(drained_, false) && life_.observer() && !closed_) {
    life_.observer()->onWritable();
    if (destroyed) return;
  }
  const std::size_t holds = reader_.size() + out_.size() + reply_.size();
  session_->count({holds, 0}, std::exchange(load_, {holds, 0}));
  if (mayDeliver() && unused_ > 0 && !closed_) session_->consume(id_, std::exchange(unused_, 0));
  destroyed_ = nullptr;
  if (life_.closing()) return endClosing();  // last, as is what follows
  const bool waits = inputEnded_ && life_.observer() && life_.paused();
  if ((inputEnded_ || closed_) && !waits) deliverEnd();
}

// Returns whether this object still exists.
bool Http2DialledSocket::deliverMessages() {
  bool* const destroyed = destroyed_;
  if (headersEnded_ && (!isOfGrpc() || !problem_.empty())) {
    if (isOfGrpc() || reader_.size() >= kMostOfPage) breakOff();
    return true;
  }
  while (mayDeliver() && problem_.empty()) {
    const auto progress = reader_.next(message_.body);
    if (progress == GrpcReader::Progress::kNeedMore) break;
    if (progress == GrpcReader::Progress::kError) {
      problem_ = reader_.error().message;
      problemCode_ = reader_.error().code;
      breakOff();
      break;
    }
    if (!isStream_) {
      if (std::exchange(haveReply_, true)) {
        problem_ = "a call has more than one reply";
        problemCode_ = GrpcCode::kUnimplemented;  // as gRPC's documents have it
        breakOff();
        break;
      }
      reply_ = std::move(message_.body);
      message_.body = Buffer();
      continue;
    }
    message_.headers = std::exchange(initial_, Metadata());
    life_.observer()->onMessage(message_);
    if (*destroyed) return false;
    message_.headers.clear();
    message_.body.clear();
  }
  return true;
}

// Whatever follows is of no use.
void Http2DialledSocket::breakOff() {
  if (!closed_ && !inputEnded_) session_->reset(id_, NGHTTP2_CANCEL);
  inputEnded_ = true;
}

// What the end of the reply says, as the text of an error; empty: success. May not be called
// before the end.
std::string Http2DialledSocket::endText() {
  if (grpcStatus_.value_or(0) != 0) return errorTextOf(*grpcStatus_, grpcMessage_, details_);
  if (!problem_.empty()) {
    return errorTextOf(static_cast<int>(problemCode_), "bad reply: " + problem_, {});
  }
  if (grpcStatus_) {
    if (reader_.size() > 0) return errorTextOf(13, "the reply ends within a message", {});
    if (!isStream_ && !haveReply_) {
      return errorTextOf(static_cast<int>(GrpcCode::kUnimplemented), "the reply has no message",
                         {});
    }
    return {};
  }
  return errorTextOf(2, "the reply has no grpc-status", {});
}

// A reply of something else than gRPC, such as a proxy in front of the peer. As by HTTP/1.1 two
// statuses say that nothing ran.
Status Http2DialledSocket::httpFailure() {
  std::string text = authority_ + ": HTTP " + std::to_string(httpStatus_);
  if (const std::string_view name = statusText(httpStatus_); !name.empty()) {
    text.append(" ").append(name);
  }
  const std::string line = firstLine(reader_.front(kMostOfPage), kMostQuoted);
  if (!line.empty()) text += ": " + line;
  if (httpStatus_ == 429) return Status::overloaded(std::move(text));
  if (httpStatus_ == 503) return Status::unavailable(std::move(text));
  const int code = codeOfGrpc(static_cast<int>(grpcCodeOfHttp(httpStatus_)));
  return Status(ErrorKind::kInternal, code, {}, std::move(text));
}

// May destroy this object.
void Http2DialledSocket::deliverEnd() {
  if (endTold_) return;
  const bool reset = closed_.value_or(NGHTTP2_NO_ERROR) != NGHTTP2_NO_ERROR;
  if (headersEnded_ && !isOfGrpc()) {
    if (!hasTrailers_) std::swap(initial_, trailers_);  // the head is all there is to know
    return over(httpFailure());
  }
  if ((reset && !grpcStatus_ && problem_.empty()) || !refused_.ok()) return over(endStatus());
  if (!headersEnded_) return over(Status::internal(authority_ + ": the stream has no reply"));
  if (!life_.receiving() || !life_.observer()) return;
  endTold_ = true;
  const std::string error = endText();
  Message last;
  if (!hasTrailers_) std::swap(initial_, trailers_);  // the head is the end
  last.headers = std::exchange(initial_, Metadata());
  last.status = refusal_;
  if (!error.empty()) {
    last.body.append(errorFrame(error));
  } else if (isStream_) {
    last.body.append(errorFrame("EOS"));
  } else {
    last.body = std::move(reply_);
  }
  life_.observer()->onMessage(last);
}

// Of a stream that was reset.
Status Http2DialledSocket::endStatus() const {
  if (!refused_.ok()) return refused_;
  if (closed_ == std::uint32_t{NGHTTP2_REFUSED_STREAM}) {
    return Status::unavailable(authority_ + ": the stream was refused");
  }
  const std::string text = authority_ + ": the stream was reset: ";
  const char* const name = nghttp2_http2_strerror(closed_.value_or(NGHTTP2_CANCEL));
  if (closed_ == std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM}) return Status::overloaded(text + name);
  return Status::internal(text + name);
}

void Http2DialledSocket::over(Status why) {
  if (life_.closed()) return life_.tellEnd();  // to a later observer
  life_.over(std::move(why));
}

void Http2DialledSocket::onLost(const Status& why) {
  session_->count({}, std::exchange(load_, {}));
  session_ = nullptr;
  closed_ = closed_.value_or(NGHTTP2_CANCEL);
  if (why.ok()) return over(Status::internal(authority_ + ": the connection was closed"));
  over(keep_->bytes().peerAddress().empty() ? Status(why).withContext(authority_) : why);
}

// --- a socket's other functions

void Http2DialledSocket::observe(Socket::Observer* observer) {
  const bool endUntold = life_.observe(observer);
  if (!observer) return;
  if (session_) {
    session_->markReady(*this);
  } else if (endUntold) {
    life_.tellEndLater();
  }
}

void Http2DialledSocket::resume() {
  life_.resume();
  if (session_) session_->markReady(*this);
}

void Http2DialledSocket::close() {
  if (!life_.close()) return;
  finished_ = true;
  reader_.clear();
  if (!session_) return;
  if (unused_ > 0 && !closed_) session_->consume(id_, std::exchange(unused_, 0));
  limitClosing();
  resumeOutput();
}

// Input is discarded until the stream ends. May destroy this object.
void Http2DialledSocket::endClosing() {
  if (id_ < 0) return over(refused_);
  if (!closed_) return;
  over(closed_ == std::uint32_t{NGHTTP2_NO_ERROR} ? Status() : endStatus());
}

// The peer must take some of the rest in time, and then end its side.
void Http2DialledSocket::limitClosing() {
  unflushed_ = out_.size();
  life_.limitClosing(out_.empty() ? SocketLife::kLinger : kFlush);
}

void Http2DialledSocket::onTimeUp(SocketLife::Time time) {
  if (!session_) return;
  if (time == SocketLife::Time::kClosing && out_.size() < unflushed_) return limitClosing();
  const bool sent = finished_ && out_.empty();
  if (id_ >= 0 && !closed_) session_->reset(id_, sent ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
  const bool lost = time == SocketLife::Time::kClosing && !sent;
  over(lost ? Status::internal(authority_ + ": the peer takes nothing") : Status());
}

void Http2DialledSocket::abort() {
  life_.abort();
  out_.clear();
  if (session_ && id_ >= 0 && !closed_) session_->reset(id_, NGHTTP2_CANCEL);
  if (session_) session_->markReady(*this);
}

std::string Http2DialledSocket::peerAddress() const {
  return session_ ? session_->bytes().peerAddress() : std::string();
}

std::string Http2DialledSocket::localAddress() const {
  return session_ ? session_->bytes().localAddress() : std::string();
}

std::shared_ptr<const PeerCertificate> Http2DialledSocket::peerCertificate() const {
  return session_ ? session_->bytes().peerCertificate() : nullptr;
}

}  // namespace evmicro::detail
