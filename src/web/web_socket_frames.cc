#include "web/web_socket_frames.h"

#include "base/utf8.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kMaxReason = 123;

void appendBigEndian(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift & 0xFF);
  }
}

}  // namespace

void appendFrameHead(std::string& out, WebSocketOpcode opcode, std::size_t payloadSize) {
  constexpr unsigned kFin = 0x80;
  out += static_cast<char>(kFin | static_cast<unsigned>(opcode));
  if (payloadSize < 126) {
    out += static_cast<char>(payloadSize);
  } else if (payloadSize <= 0xFFFF) {
    out += static_cast<char>(126);
    appendBigEndian(out, payloadSize, 2);
  } else {
    out += static_cast<char>(127);
    appendBigEndian(out, payloadSize, 8);
  }
}

bool isCloseCode(int code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

std::string closePayload(int code, std::string_view reason) {
  constexpr int kInternalError = 1011;
  std::size_t size = 0;
  while (size < reason.size()) {
    const std::size_t length = utf8Length(reason.substr(size));
    if (length == 0 || size + length > kMaxReason) break;
    size += length;
  }
  std::string payload;
  const int sent = isCloseCode(code) ? code : kInternalError;
  appendBigEndian(payload, static_cast<std::uint64_t>(sent), 2);
  return payload.append(reason.substr(0, size));
}

}  // namespace evmicro::detail
