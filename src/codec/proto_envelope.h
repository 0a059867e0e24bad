#pragma once

#include <cstdint>
#include <string_view>

#include <evmicro/codec.h>

namespace evmicro::detail {

/// The first block of a proto-rpc body: a protobuf message with the fields 1 `Service.Method`
/// (bytes), 2 seq (fixed64) and, in replies only, 3 the error's text (bytes).
struct ProtoEnvelope {
  enum class Kind { kRequest, kReply };
  static constexpr std::size_t kSeqSize = 8;

  Kind kind = Kind::kRequest;
  std::string_view method;
  std::string_view seq;    ///< 8 bytes, little endian; anything else counts as 0
  std::string_view error;  ///< kReply only

  /// The number of bytes that write() needs.
  std::size_t size() const noexcept;
  /// Writes all fields, including empty ones, in the order of their numbers, as go-micro does.
  /// Returns the end.
  std::uint8_t* write(std::uint8_t* to) const noexcept;
};

/// Sets method, id (8 bytes, zeros if there is no seq) and, for a reply, error of `frame`. Accepts
/// unknown fields, any order, and absent fields. Returns what is wrong, or null.
const char* readProtoEnvelope(std::string_view bytes, ProtoEnvelope::Kind kind, Frame& frame);

}  // namespace evmicro::detail
