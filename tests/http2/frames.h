#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace evmicro::test {

// HTTP/2's frames as bytes, right or wrong.

inline constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum FrameType {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindow = 8,
  kContinuation = 9
};
enum FrameFlag { kNoFlag = 0, kEndStream = 1, kAck = 1, kEndHeaders = 4 };

inline std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text += static_cast<char>(value >> shift & 0xff);
  }
  return text;
}

/// `size` may lie about the payload.
inline std::string frame(int type, int flags, std::uint32_t stream, std::string_view payload,
                         std::size_t size = static_cast<std::size_t>(-1)) {
  if (size == static_cast<std::size_t>(-1)) size = payload.size();
  return number(size, 3) + number(static_cast<std::uint64_t>(type), 1) +
         number(static_cast<std::uint64_t>(flags), 1) + number(stream, 4) + std::string(payload);
}

using Fields = std::vector<std::pair<std::string, std::string>>;

/// HPACK: literals that are not indexed.
inline std::string headerBlock(const Fields& fields) {
  const auto text = [](const std::string& value) {
    if (value.size() < 127) return number(value.size(), 1) + value;
    std::string length = "\x7f";
    std::size_t rest = value.size() - 127;
    for (; rest >= 128; rest /= 128) length += static_cast<char>(rest % 128 + 128);
    return length + static_cast<char>(rest) + value;
  };
  std::string block;
  for (const auto& [name, value] : fields) block += '\0' + text(name) + text(value);
  return block;
}

inline Fields grpcHead(const std::string& path, const Fields& more = {}) {
  Fields fields = {{":method", "POST"}, {":scheme", "http"}, {":path", path},
                   {":authority", "x"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

inline std::string headers(std::uint32_t stream, const Fields& fields, int flags = kEndHeaders) {
  return frame(kHeaders, flags, stream, headerBlock(fields));
}

/// A message with gRPC's prefix.
inline std::string message(std::string_view content, char flag = 0) {
  return flag + number(content.size(), 4) + std::string(content);
}

inline std::string data(std::uint32_t stream, std::string_view payload, int flags = kEndStream) {
  return frame(kData, flags, stream, payload);
}

inline std::string opening() { return kPreface + frame(kSettings, kNoFlag, 0, ""); }

struct Frame {
  int type = 0;
  int flags = 0;
  std::uint32_t stream = 0;
  std::string payload;

  /// Of RST_STREAM and GOAWAY.
  std::uint32_t code() const {
    const std::size_t at = type == kGoaway ? 4 : 0;
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4 && i < payload.size(); ++i) {
      value = value << 8 | static_cast<unsigned char>(payload[i]);
    }
    return value;
  }
};

/// The whole frames in `bytes`.
inline std::vector<Frame> framesIn(std::string_view bytes) {
  const auto at = [&bytes](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  std::vector<Frame> frames;
  while (bytes.size() >= 9) {
    const std::size_t size = at(0) << 16 | at(1) << 8 | at(2);
    if (bytes.size() < 9 + size) break;
    frames.push_back({static_cast<int>(at(3)), static_cast<int>(at(4)),
                      at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8),
                      std::string(bytes.substr(9, size))});
    bytes.remove_prefix(9 + size);
  }
  return frames;
}

/// The decoded header blocks in `bytes`, each with its stream.
inline std::vector<std::pair<std::uint32_t, Fields>> headersIn(std::string_view bytes) {
  nghttp2_hd_inflater* made = nullptr;
  if (nghttp2_hd_inflate_new(&made) != 0) throw std::runtime_error("no inflater");
  const std::unique_ptr<nghttp2_hd_inflater, void (*)(nghttp2_hd_inflater*)> inflater(
      made, nghttp2_hd_inflate_del);
  std::vector<std::pair<std::uint32_t, Fields>> blocks;
  std::string block;
  for (const Frame& frame : framesIn(bytes)) {
    if (frame.type != kHeaders && frame.type != kContinuation) continue;
    block += frame.payload;
    if ((frame.flags & kEndHeaders) == 0) continue;
    const std::string whole = std::exchange(block, {});
    Fields fields;
    const auto* next = reinterpret_cast<const std::uint8_t*>(whole.data());
    std::size_t left = whole.size();
    for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
      nghttp2_nv field{};
      const auto used = nghttp2_hd_inflate_hd2(made, &field, &flags, next, left, 1);
      if (used < 0) throw std::runtime_error(nghttp2_strerror(static_cast<int>(used)));
      next += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0) continue;
      fields.emplace_back(std::string(reinterpret_cast<char*>(field.name), field.namelen),
                          std::string(reinterpret_cast<char*>(field.value), field.valuelen));
    }
    nghttp2_hd_inflate_end_headers(made);
    blocks.emplace_back(frame.stream, std::move(fields));
  }
  return blocks;
}

}  // namespace evmicro::test
