#pragma once

#include <cstddef>

#include <google/protobuf/descriptor.h>

namespace evmicro::detail {

/// What a message costs to make and keep, in units of a string: it has room for all of its fields,
/// whichever are set. The readers of messages bound the sum.
inline std::size_t messageWeight(const google::protobuf::Descriptor& type) {
  return 2 + static_cast<std::size_t>(type.field_count()) / 4;
}

}  // namespace evmicro::detail
