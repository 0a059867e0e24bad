#pragma once

#include <cstddef>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace evmicro::detail {

/// Unknown fields that a payload may have. protobuf keeps each as an object: a request of two-byte
/// fields would take fifty times the time and memory of a request of the same size that is known.
inline constexpr std::size_t kMostUnknownFields = 1U << 18;

/// Whether the protobuf message `bytes` has more than `most` fields that `type`, or the types of
/// its fields, do not have. `type` null: none is known. Stops at the first byte that is not
/// protobuf.
bool hasTooManyUnknown(std::string_view bytes, const google::protobuf::Descriptor* type,
                       std::size_t most);

}  // namespace evmicro::detail
