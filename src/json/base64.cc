#include "json/base64.h"

#include <array>
#include <cstdint>

namespace evmicro::detail {

namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNone = 0xFF;

constexpr std::array<std::uint8_t, 256> makeValues() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = kNone;
  for (std::uint8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(kAlphabet[i])] = i;
  return values;
}
constexpr auto kValues = makeValues();

std::uint8_t valueOf(char c, Base64 form) {
  if (form == Base64::kAnyForm && c == '-') return 62;
  if (form == Base64::kAnyForm && c == '_') return 63;
  return kValues[static_cast<unsigned char>(c)];
}

bool isPadding(std::size_t padding, std::size_t rest, Base64 form) {
  return padding == (rest == 0 ? 0 : 4 - rest) || (form == Base64::kAnyForm && padding == 0);
}

void encodeGroup(const unsigned char* from, char* to) {
  const std::uint32_t bits = std::uint32_t{from[0]} << 16 | std::uint32_t{from[1]} << 8 | from[2];
  for (int i = 0; i < 4; ++i) to[i] = kAlphabet[bits >> (18 - 6 * i) & 63];
}

}  // namespace

void appendBase64(std::string& out, std::string_view bytes) {
  std::size_t at = out.size();
  out.resize(at + (bytes.size() + 2) / 3 * 4);
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3, at += 4) encodeGroup(from, &out[at]);
  if (left == 0) return;
  const unsigned char last[3] = {from[0], left == 2 ? from[1] : std::uint8_t{0}, 0};
  encodeGroup(last, &out[at]);
  out[at + 3] = '=';
  if (left == 1) out[at + 2] = '=';
}

bool decodeBase64(std::string_view text, std::string& out, Base64 form) {
  out.clear();
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  std::size_t digits = 0, padding = 0;
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const std::uint8_t value = valueOf(c, form);
    if (value == kNone || padding > 0) return false;
    bits = bits << 6 | value;
    if (++digits % 4 != 0) continue;
    for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 0xFF);
    bits = 0;
  }
  const std::size_t rest = digits % 4;
  if (rest == 1 || !isPadding(padding, rest, form)) return false;
  if (rest == 2) out += static_cast<char>(bits >> 4 & 0xFF);
  if (rest == 3)
    out.append({static_cast<char>(bits >> 10 & 0xFF), static_cast<char>(bits >> 2 & 0xFF)});
  return true;
}

}  // namespace evmicro::detail
