#pragma once

#include <cstddef>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace evmicro::detail {

/// Fields that a payload may have to no effect: unknown ones, which protobuf keeps as objects, and
/// earlier values of fields that have one. A request of two-byte fields would take fifty times the
/// time and memory of a good one of the same size.
inline constexpr std::size_t kMostSurplusFields = 1U << 18;

/// What the messages and strings in a payload of `size` bytes may weigh together: each is an object
/// of 30 bytes and more, though it may come as two bytes. A string weighs 1, a message 2 and more
/// with many fields (json/object_weight.h); so strings of four bytes on average are never too many,
/// nor messages of eight bytes that have few fields.
constexpr std::size_t mostObjects(std::size_t size) noexcept { return (1U << 19) + size / 4; }

enum class FieldExcess { kNone, kSurplus, kObjects };

/// Whether the protobuf message `bytes` has more than `surplus` fields to no effect, or messages
/// and strings that weigh more than `objects`; `type` null: no field is known. Stops at the first
/// byte that is not protobuf.
FieldExcess excessOf(std::string_view bytes, const google::protobuf::Descriptor* type,
                     std::size_t surplus, std::size_t objects);

}  // namespace evmicro::detail
