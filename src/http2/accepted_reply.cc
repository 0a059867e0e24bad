// What an accepted stream answers: the head, messages, and the status in trailers.
#include "http2/accepted_socket.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "http2/metadata_fields.h"

namespace evmicro::detail {

namespace {

constexpr HttpRefusal kBadMessage{400, "a message of gRPC is malformed"};

using Digits = char[8];

std::string_view inDigits(int number, Digits& digits) {
  const auto end = std::to_chars(digits, std::end(digits), number);
  return {digits, static_cast<std::size_t>(end.ptr - digits)};
}

// An error as fields have it.
struct ErrorTexts {
  std::string message;
  std::string details;
};

ErrorTexts encoded(const GrpcError& error) {
  return {percentEncoded(error.message), error.details.empty() ? "" : toBinHeader(error.details)};
}

// A long text is cut, so that all fields take `room` bytes in the list: the peer would miss the
// status otherwise.
ErrorTexts textsOf(const GrpcError& error, std::size_t room) {
  constexpr std::size_t kOthers = 256;  // names, the status, what it costs to list them
  ErrorTexts texts = encoded(error);
  std::size_t most = std::min(std::max(error.message.size(), error.details.size()), room);
  const auto tooLong = [&texts, room] {
    return texts.message.size() + texts.details.size() + kOthers > room;
  };
  while (tooLong() && most > 0) {
    most -= most / 4 + 1;
    texts = encoded(shortened(error, most));
  }
  return tooLong() ? ErrorTexts() : texts;
}

}  // namespace

void Http2AcceptedSocket::respond(int status, const Metadata* headers) {
  responded_ = true;
  Digits digits;
  Http2Fields fields;
  fields.add(":status", inDigits(status, digits));
  MetadataFields own(fields, MetadataFields::Of::kMessage);
  if (headers) own.add(*headers);
  session_->respond(id_, fields, Http2Session::Body::kFollows);
}

// As the request is, unless the handler says otherwise.
void Http2AcceptedSocket::chooseEncoding(const Metadata* headers) {
  if (!head_.acceptsGzip()) return;
  const auto chosen = headers ? headers->get("Grpc-Encoding") : std::nullopt;
  compresses_ = (chosen ? grpcEncodingOf(*chosen) : head_.encoding()) == GrpcEncoding::kGzip;
}

// `headers` is the handler's metadata; null: there is none.
void Http2AcceptedSocket::respondGrpc(const Metadata* headers) {
  responded_ = true;
  Http2Fields fields;
  fields.addLiteral(":status", "200").add("content-type", head_.contentType());
  if (compresses_) fields.addLiteral("grpc-encoding", "gzip");
  MetadataFields own(fields, MetadataFields::Of::kGrpc);
  if (headers && !fits(fields, *headers)) {
    out_.clear();
    ending_ = true;
  } else if (headers) {
    own.add(*headers);
  }
  const bool nothing = ending_ && out_.empty();
  if (!nothing) return session_->respond(id_, fields, Http2Session::Body::kFollows);
  submitWithTrailers(fields, true);
}

// Whether the peer takes `metadata` beside `fields` and a status. If not, it is told by the status.
bool Http2AcceptedSocket::fits(const Http2Fields& fields, const Metadata& metadata) {
  constexpr std::size_t kStatus = 256;  // with a short message
  if (metadata.empty()) return true;
  const std::size_t size = MetadataFields::sizeOf(metadata, MetadataFields::Of::kGrpc);
  if (size == 0 || fields.listSize() + size + kStatus <= session_->mostFields()) return true;
  if (!error_) {
    error_ = std::make_unique<GrpcError>(GrpcError{
        GrpcCode::kInternal, "the metadata of the reply is too large for its caller", {}});
  }
  return false;
}

// Trailers, or a head that is the trailers, too.
void Http2AcceptedSocket::submitWithTrailers(Http2Fields& fields, bool head) {
  MetadataFields own(fields, MetadataFields::Of::kGrpc);
  if (fits(fields, trailers_)) own.add(trailers_);
  Digits digits;
  Digits refusal;
  ErrorTexts texts;
  if (!error_) {
    fields.addLiteral("grpc-status", "0");
  } else {
    const std::size_t most = session_->mostFields();
    texts = textsOf(*error_, most - std::min(fields.listSize(), most));
    fields.add("grpc-status", inDigits(static_cast<int>(error_->code), digits));
    fields.add("grpc-message", texts.message);
    if (!texts.details.empty()) fields.add("evmicro-error-bin", texts.details);
    if (error_->refusal > 0) fields.add("evmicro-refusal", inDigits(error_->refusal, refusal));
    if (head_.encoding() == GrpcEncoding::kUnknown) {
      fields.addLiteral("grpc-accept-encoding", "identity,gzip");
    }
  }
  if (head) {
    session_->respond(id_, fields, Http2Session::Body::kNone);
  } else {
    session_->trailers(id_, fields);
  }
}

Http2Stream::Output Http2AcceptedSocket::readOutput(std::uint8_t* to, std::size_t room) {
  Output output;
  output.size = out_.peek(to, std::min(room, out_.size()));
  out_.drain(output.size);
  output.end = ending_ && out_.empty();
  deferred_ = output.size == 0 && !output.end;
  if (output.end && kind_ == Kind::kGrpc) {
    output.trailers = true;
    Http2Fields fields;
    submitWithTrailers(fields, false);
  }
  const std::size_t highWater = session_->shared().highWaterBytes;
  if (life_.caughtUp(out_.size(), highWater)) {
    drained_ = true;
    session_->markReady(*this);
  }
  countLoad();
  return output;
}

void Http2AcceptedSocket::send(const Metadata& headers, Buffer&& body) {
  sendRefusal(200, headers, std::move(body));
}

void Http2AcceptedSocket::sendRefusal(int status, const Metadata& headers, Buffer&& body) {
  Buffer content(std::move(body));  // it is emptied in any case
  if (!session_ || closed_ || !life_.open() || ending_) return;
  if (kind_ != Kind::kGrpc) {
    if (responded_) return;
    respond(status, &headers);
    return addOutput(std::move(content));
  }
  if (!responded_) chooseEncoding(&headers);
  char flag = kGrpcErrorFlag;
  content.peek(&flag, 1);
  if (flag == kGrpcPlain) {
    if (compresses_ && content.size() >= kWorthGzip) content = gzipMessage(std::move(content));
    if (!responded_) return addFirst(std::move(content), headers);
    return addOutput(std::move(content));
  }
  std::string text = content.toString();
  if (flag == kGrpcErrorFlag) {
    text.erase(0, kGrpcPrefix);
    if (text != "EOS") error_ = std::make_unique<GrpcError>(grpcErrorOf(text));
    if (error_ && status >= 400) error_->refusal = status;
  } else {  // of no codec for gRPC
    error_ = std::make_unique<GrpcError>(GrpcError{GrpcCode::kUnimplemented, std::move(text), {}});
  }
  end(&headers);
}

void Http2AcceptedSocket::addFirst(Buffer&& body, const Metadata& headers) {
  out_.append(std::move(body));
  respondGrpc(&headers);
  noteOutput();
}

void Http2AcceptedSocket::setTrailers(const Metadata& trailers) {
  if (!ending_) trailers_ = trailers;
}

void Http2AcceptedSocket::addOutput(Buffer&& body) {
  out_.append(std::move(body));
  noteOutput();
}

void Http2AcceptedSocket::noteOutput() {
  life_.touch();
  life_.noteQueued(out_.size(), session_->shared().highWaterBytes);
  resumeOutput();
}

void Http2AcceptedSocket::resumeOutput() {
  if (std::exchange(deferred_, false)) session_->resumeOutput(id_);
  session_->markReady(*this);
}

// Nothing follows. `error_` has the status.
void Http2AcceptedSocket::end(const Metadata* headers) {
  if (!session_ || closed_ || std::exchange(ending_, true)) return;
  if (kind_ == Kind::kGrpc && !responded_) respondGrpc(headers);
  resumeOutput();
}

// By HTTP alone: trailers would say that a call of gRPC has succeeded.
void Http2AcceptedSocket::refuse(const HttpRefusal& why) {
  discards_ = true;
  if (kind_ == Kind::kGrpc) kind_ = Kind::kMessage;
  reader_.clear();
  Metadata headers;
  headers.set("Content-Type", "text/plain; charset=utf-8");
  respond(why.status, &headers);
  if (head_.method() != Http2RequestHead::Method::kHead) out_.append(why.reason);
  end();
  life_.close();
}

void Http2AcceptedSocket::fail(const GrpcError& error) {
  discards_ = true;
  reader_.clear();
  message_.body.clear();
  if (session_ && unused_ > 0) session_->consume(id_, std::exchange(unused_, 0));
  if (!ending_) error_ = std::make_unique<GrpcError>(error);
  end();
  life_.close();
}

// What came is not a message.
void Http2AcceptedSocket::failUnread() {
  const GrpcError& error = reader_.error();
  const bool large = error.code == GrpcCode::kResourceExhausted;
  session_->shared().refusals.note(large ? kBodyTooLarge : kBadMessage);
  fail(error);
}

}  // namespace evmicro::detail
