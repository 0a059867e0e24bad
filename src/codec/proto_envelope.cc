#include "codec/proto_envelope.h"

#include <cstring>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/unknown_field_set.h>

#include "codec/field_limits.h"

namespace evmicro::detail {

namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;
using google::protobuf::io::CodedOutputStream;
using Kind = ProtoEnvelope::Kind;

constexpr std::uint8_t kMethodTag = 1 << 3 | 2;  // length-delimited
constexpr std::uint8_t kSeqTag = 2 << 3 | 1;     // fixed64
constexpr std::uint8_t kErrorTag = 3 << 3 | 2;   // length-delimited
constexpr std::size_t kMostFields = 1'024;       // of which three mean something
constexpr char kZeroSeq[ProtoEnvelope::kSeqSize] = {};

std::size_t bytesFieldSize(std::string_view value) {
  const auto length = static_cast<std::uint32_t>(value.size());
  return 1 + CodedOutputStream::VarintSize32(length) + value.size();
}

std::uint8_t* writeBytesField(std::uint8_t tag, std::string_view value, std::uint8_t* to) {
  *to++ = tag;
  to = CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(value.size()), to);
  if (!value.empty()) std::memcpy(to, value.data(), value.size());
  return to + value.size();
}

// Removes a bytes field, whose length fits one byte, from the front of `rest`.
bool takeShortField(std::string_view& rest, std::uint8_t tag, std::string_view& value) {
  if (rest.size() < 2 || static_cast<std::uint8_t>(rest[0]) != tag) return false;
  const auto length = static_cast<std::uint8_t>(rest[1]);
  if (length >= 0x80 || rest.size() - 2 < length) return false;
  value = rest.substr(2, length);
  rest.remove_prefix(2 + std::size_t{length});
  return true;
}

bool takeSeq(std::string_view& rest, std::string_view& value) {
  if (rest.size() < 1 + ProtoEnvelope::kSeqSize) return false;
  if (static_cast<std::uint8_t>(rest[0]) != kSeqTag) return false;
  value = rest.substr(1, ProtoEnvelope::kSeqSize);
  rest.remove_prefix(1 + ProtoEnvelope::kSeqSize);
  return true;
}

// Fast path for the form that every go-micro peer writes. False: parse in full.
bool readUsualShape(std::string_view rest, Kind kind, Frame& frame) {
  std::string_view method, seq, error;
  if (!takeShortField(rest, kMethodTag, method) || !takeSeq(rest, seq)) return false;
  if (kind == Kind::kReply && !takeShortField(rest, kErrorTag, error)) return false;
  if (!rest.empty()) return false;
  frame.method.assign(method);
  frame.id.assign(seq);
  frame.error.assign(error);
  return true;
}

void storeSeq(std::uint64_t seq, std::string& id) {
  id.resize(ProtoEnvelope::kSeqSize);
  auto* to = reinterpret_cast<std::uint8_t*>(id.data());
  CodedOutputStream::WriteLittleEndian64ToArray(seq, to);
}

const char* storeField(const UnknownField& field, Kind kind, Frame& frame) {
  const bool isBytes = field.type() == UnknownField::TYPE_LENGTH_DELIMITED;
  switch (field.number()) {
    case 1:
      if (!isBytes) return "the method (field 1) is not a string";
      frame.method = field.length_delimited();
      return nullptr;
    case 2:
      if (field.type() != UnknownField::TYPE_FIXED64) return "the seq (field 2) is not a fixed64";
      storeSeq(field.fixed64(), frame.id);
      return nullptr;
    case 3:
      if (kind == Kind::kRequest) return nullptr;
      if (!isBytes) return "the error (field 3) is not a string";
      frame.error = field.length_delimited();
      return nullptr;
    default: return nullptr;
  }
}

}  // namespace

std::size_t ProtoEnvelope::size() const noexcept {
  const std::size_t errorSize = kind == Kind::kReply ? bytesFieldSize(error) : 0;
  return bytesFieldSize(method) + 1 + kSeqSize + errorSize;
}

std::uint8_t* ProtoEnvelope::write(std::uint8_t* to) const noexcept {
  to = writeBytesField(kMethodTag, method, to);
  *to++ = kSeqTag;
  std::memcpy(to, seq.size() == kSeqSize ? seq.data() : kZeroSeq, kSeqSize);
  to += kSeqSize;
  return kind == Kind::kReply ? writeBytesField(kErrorTag, error, to) : to;
}

const char* readProtoEnvelope(std::string_view bytes, Kind kind, Frame& frame) {
  if (readUsualShape(bytes, kind, frame)) return nullptr;
  frame.method.clear();
  frame.id.clear();
  frame.error.clear();
  if (excessOf(bytes, nullptr, kMostFields, bytes.size()) != FieldExcess::kNone) {
    return "the envelope has too many fields";
  }
  UnknownFieldSet fields;
  if (!fields.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return "the envelope is not a protobuf message";
  }
  for (int i = 0; i < fields.field_count(); ++i) {
    if (const char* problem = storeField(fields.field(i), kind, frame)) return problem;
  }
  return nullptr;
}

}  // namespace evmicro::detail
