// proto-rpc: two blocks, each a length (uint32, big endian) and that many bytes: the envelope
// (proto_envelope.h) and the payload, a protobuf message. go-micro pads truncated blocks with
// zeros; here every length is checked against the bytes present.

#include <climits>

#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include <event2/buffer.h>

#include "base/counted.h"
#include "codec/evbuffer_stream.h"
#include "codec/field_limits.h"
#include "codec/payload_problem.h"
#include "codec/proto_envelope.h"
#include "codec/utf8_field.h"

namespace evmicro {

namespace {

using detail::EvbufferInputStream;
using detail::PayloadProblem;
using detail::ProtoEnvelope;
using google::protobuf::Message;

constexpr std::size_t kLengthSize = 4;
// protobuf uses int for sizes, which limits messages.
constexpr std::size_t kLongestBlock = INT_MAX;

Status refuseProto(std::string detail) {
  return Status::invalid("proto-rpc: " + std::move(detail));
}

// The error for a payload that is not a protobuf message.
template <typename Payload>
Status refusePayload(const Payload& payload) {
  if (payload.index() == 1) {
    return refuseProto(
        "this content type carries protobuf messages, but the method speaks JSON only: call it "
        "with application/json");
  }
  return refuseProto(
      "this content type carries protobuf messages, but the method's payload has a type of its "
      "own: call it with the content type of a codec that knows the type");
}

std::uint8_t* writeLength(std::size_t length, std::uint8_t* to) {
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = static_cast<std::uint8_t>(length >> shift);
  return to;
}

std::size_t lengthOf(const char* bytes) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthSize; ++i) {
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return length;
}

// The encoded seq: little endian.
class SeqBytes {
 public:
  explicit SeqBytes(std::uint64_t seq) {
    for (std::size_t i = 0; i < sizeof bytes_; ++i) bytes_[i] = static_cast<char>(seq >> 8 * i);
  }
  std::string_view view() const { return {bytes_, sizeof bytes_}; }

 private:
  char bytes_[ProtoEnvelope::kSeqSize];
};

// Removes the length of the block called `what` from the front and checks that the block is
// complete.
Status takeLength(Buffer& body, const char* what, std::size_t& length) {
  const std::size_t present = body.size();
  if (present == 0) return refuseProto(std::string(what) + " missing");
  if (present < kLengthSize) {
    return refuseProto(std::string("the body ends within the length of the ") + what);
  }
  char bytes[kLengthSize];
  body.peek(bytes, kLengthSize);
  length = lengthOf(bytes);
  const std::size_t following = present - kLengthSize;
  if (length > following || length > kLongestBlock) {
    return refuseProto(std::string("the ") + what + " should have " +
                       detail::counted(length, "byte") + ", but has only " +
                       std::to_string(following));
  }
  body.drain(kLengthSize);
  return {};
}

Status readEnvelope(Buffer& body, ProtoEnvelope::Kind kind, Frame& frame) {
  frame.parsed.reset();
  frame.payloadSize = 0;
  std::size_t size = 0;
  if (Status status = takeLength(body, "envelope", size); !status.ok()) return status;
  if (const char* problem = detail::readProtoEnvelope(body.front(size), kind, frame)) {
    return refuseProto(problem);
  }
  body.drain(size);
  Status payload = takeLength(body, "payload (second block)", frame.payloadSize);
  if (!payload.ok()) {
    frame.payloadSize = 0;
    frame.parsed = std::make_unique<PayloadProblem>(std::move(payload));
  }
  return {};
}

bool parse(Buffer& body, std::size_t size, Message& message) {
  message.Clear();
  if (size == 0) return true;
  evbuffer* const chain = body.rawIfAny();
  if (!chain || evbuffer_get_contiguous_space(chain) >= size) {
    return message.ParsePartialFromArray(body.front(size).data(), static_cast<int>(size));
  }
  EvbufferInputStream stream(chain, size);
  return message.ParsePartialFromZeroCopyStream(&stream);
}

// The string that made parsing fail, or empty. The state after failed parsing depends on how the
// data is split, so it is repeated with contiguous data, unless that would take long.
std::string badString(Buffer& body, std::size_t size, Message& message) {
  constexpr std::size_t kMost = 256U << 10;
  if (size > kMost) return {};
  message.ParsePartialFromArray(body.front(size).data(), static_cast<int>(size));
  return detail::findBadUtf8(message);
}

Status checkFields(Buffer& body, std::size_t size, const google::protobuf::Descriptor& type) {
  using detail::FieldExcess;
  constexpr std::size_t kSurelyFew = detail::kMostSurplusFields;
  if (size <= kSurelyFew) return {};
  switch (detail::excessOf(body.front(size), &type, detail::kMostSurplusFields,
                           detail::mostObjects(size))) {
    case FieldExcess::kNone: break;
    case FieldExcess::kSurplus:
      return refuseProto("the payload has more than " + std::to_string(detail::kMostSurplusFields) +
                         " fields that are unknown in " + type.full_name() +
                         ", or repeated in vain");
    case FieldExcess::kObjects:
      return refuseProto("the payload (" + std::to_string(size) +
                         " bytes) has too many messages and strings for its size");
  }
  return {};
}

Status readMessage(Buffer& body, std::size_t size, PayloadTarget target) {
  auto* const* message = std::get_if<Message*>(&target);
  if (!message) return refusePayload(target);
  if (Status status = checkFields(body, size, *(*message)->GetDescriptor()); !status.ok()) {
    return status;
  }
  // protobuf writes a line to stderr for each string that is not UTF-8: peers could fill disks.
  const google::protobuf::LogSilencer silent;
  if (!parse(body, size, **message)) {
    const std::string field = badString(body, size, **message);
    return refuseProto("the payload (" + detail::counted(size, "byte") + ") is not a valid " +
                       (*message)->GetTypeName() +
                       (field.empty() ? "" : ": the string " + field + " is not UTF-8"));
  }
  if (!(*message)->IsInitialized()) {
    return refuseProto((*message)->GetTypeName() +
                       " lacks required fields: " + (*message)->InitializationErrorString());
  }
  return {};
}

// The message of `source` and its size, which SerializeWithCachedSizesToArray() needs.
Status measure(PayloadSource source, const Message*& message, std::size_t& size) {
  auto* const* found = std::get_if<const Message*>(&source);
  if (!found) return refusePayload(source);
  message = *found;
  if (!message->IsInitialized()) {
    return refuseProto("cannot write " + message->GetTypeName() +
                       ", which lacks required fields: " + message->InitializationErrorString());
  }
  size = message->ByteSizeLong();
  if (size > kLongestBlock) {
    return refuseProto("cannot write " + message->GetTypeName() + " of " + std::to_string(size) +
                       " bytes: the limit is 2 GiB");
  }
  return {};
}

// A complete body; a null `payload` is an empty second block.
void appendBody(const ProtoEnvelope& envelope, const Message* payload, std::size_t payloadSize,
                Buffer& out) {
  const std::size_t envelopeSize = envelope.size();
  auto* to =
      reinterpret_cast<std::uint8_t*>(out.extend(2 * kLengthSize + envelopeSize + payloadSize));
  to = envelope.write(writeLength(envelopeSize, to));
  to = writeLength(payloadSize, to);
  if (payload) payload->SerializeWithCachedSizesToArray(to);
}

class ProtoRpcCodec final : public Codec {
 public:
  std::string_view name() const override { return "proto-rpc"; }

  Status readRequest(Buffer& body, Frame& frame) const override {
    return readEnvelope(body, ProtoEnvelope::Kind::kRequest, frame);
  }

  Status readReply(Buffer& body, Frame& frame) const override {
    return readEnvelope(body, ProtoEnvelope::Kind::kReply, frame);
  }

  Status readPayload(Frame& frame, Buffer& body, PayloadTarget target) const override {
    if (frame.parsed) return static_cast<PayloadProblem&>(*frame.parsed).status;
    return readMessage(body, frame.payloadSize, target);
  }

  std::optional<std::uint64_t> seqOf(const Frame& reply) const override {
    if (reply.id.size() != ProtoEnvelope::kSeqSize) return std::nullopt;
    std::uint64_t seq = 0;
    for (std::size_t i = ProtoEnvelope::kSeqSize; i-- > 0;) {
      seq = seq << 8 | static_cast<unsigned char>(reply.id[i]);
    }
    return seq;
  }

  // The seq is the end of the envelope, the first block.
  void renumber(Buffer& request, std::uint64_t seq) const override {
    char length[kLengthSize];
    request.peek(length, kLengthSize);
    const std::size_t end = kLengthSize + lengthOf(length);
    request.overwrite(end - ProtoEnvelope::kSeqSize, SeqBytes(seq).view());
  }

  Status writeRequest(std::string_view method, std::uint64_t seq, PayloadSource payload,
                      Buffer& out) const override {
    return write({ProtoEnvelope::Kind::kRequest, method, SeqBytes(seq).view(), {}}, payload, out);
  }

  Status writeReply(const Frame& request, PayloadSource payload, Buffer& out) const override {
    return write({ProtoEnvelope::Kind::kReply, request.method, request.id, {}}, payload, out);
  }

  void writeError(const Frame& request, std::string_view error, Buffer& out) const override {
    appendBody({ProtoEnvelope::Kind::kReply, request.method, request.id, error}, nullptr, 0, out);
  }

  Status marshal(PayloadSource payload, Buffer& out) const override {
    const Message* message = nullptr;
    std::size_t size = 0;
    if (Status status = measure(payload, message, size); !status.ok()) return status;
    auto* const to = reinterpret_cast<std::uint8_t*>(out.extend(size));
    message->SerializeWithCachedSizesToArray(to);
    return {};
  }

  Status unmarshal(Buffer& body, PayloadTarget target) const override {
    if (body.size() > kLongestBlock) return refuseProto("the payload is longer than 2 GiB");
    return readMessage(body, body.size(), target);
  }

 private:
  static Status write(const ProtoEnvelope& envelope, PayloadSource payload, Buffer& out) {
    const Message* message = nullptr;
    std::size_t size = 0;
    if (Status status = measure(payload, message, size); !status.ok()) return status;
    appendBody(envelope, message, size, out);
    return {};
  }
};

}  // namespace

std::unique_ptr<Codec> makeProtoRpcCodec() { return std::make_unique<ProtoRpcCodec>(); }

}  // namespace evmicro
