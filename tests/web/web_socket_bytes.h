#pragma once

#include <string>
#include <string_view>

namespace evmicro::test {

/// How a client's frame differs from an ordinary one.
struct FrameOptions {
  bool fin = true;
  unsigned reserved = 0;  ///< the three bits
  bool masked = true;
};

/// A frame as a client sends it. `opcode`: any four bits.
inline std::string clientFrame(unsigned opcode, std::string_view payload, FrameOptions how = {}) {
  std::string frame;
  frame += static_cast<char>((how.fin ? 0x80U : 0U) | how.reserved << 4 | opcode);
  const unsigned masked = how.masked ? 0x80 : 0;
  int lengthBytes = 0;
  if (payload.size() < 126) {
    frame += static_cast<char>(masked | payload.size());
  } else {
    lengthBytes = payload.size() <= 0xFFFF ? 2 : 8;
    frame += static_cast<char>(masked | (lengthBytes == 2 ? 126U : 127U));
  }
  for (int i = lengthBytes - 1; i >= 0; --i) {
    frame += static_cast<char>(payload.size() >> 8 * i & 0xFF);
  }
  constexpr unsigned char kMask[] = {0x37, 0xFA, 0x21, 0x3D};
  if (how.masked) frame.append(reinterpret_cast<const char*>(kMask), 4);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ (how.masked ? kMask[i % 4] : 0));
  }
  return frame;
}

/// The payload of a close frame.
inline std::string closeWith(int code, std::string_view reason = {}) {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return payload.append(reason);
}

/// A small frame as a server sends it.
inline std::string serverFrame(unsigned opcode, std::string_view payload) {
  std::string frame = {static_cast<char>(0x80U | opcode), static_cast<char>(payload.size())};
  return frame.append(payload);
}

}  // namespace evmicro::test
