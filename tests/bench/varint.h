#pragma once

#include <cstdint>
#include <string>

namespace evmicro::bench {

/// `value` as protobuf writes it.
inline std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes += static_cast<char>(value);
}

/// A message whose field 1 is the integer `value`: proto3 leaves a zero out.
inline std::string numbered(int value) {
  return value == 0 ? "" : "\x08" + varint(static_cast<std::uint64_t>(value));
}

}  // namespace evmicro::bench
