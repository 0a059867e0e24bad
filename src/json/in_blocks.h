#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evmicro::detail {

/// Appends a translation of `text` to `out`. `step(from, end, to)` translates what `from` points
/// to, a byte at least and so much that it becomes kLongestStep bytes at most; it moves both
/// pointers. The result is gathered on the stack: appending single characters to a string costs
/// several times what translating them does.
inline constexpr std::size_t kLongestStep = 16;

/// For steps: writes a short text.
inline void put(std::string_view text, char*& to) {
  for (const char c : text) *to++ = c;
}

/// What `left` more bytes become, if they become as much longer as `done` have, which became
/// `size`; and room for a few that follow. So a long text grows once: each growth copies all, and
/// touches new pages, which takes longer than to translate the text.
inline std::size_t expectedSize(std::size_t left, std::size_t size, std::size_t done) noexcept {
  const std::size_t expected = (left / done + 1) * size;
  return left == 0 ? 0 : expected + expected / 64 + 256;
}

template <typename Step>
void appendInBlocks(std::string& out, std::string_view text, Step step) {
  char block[2048];  // uninitialised
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from != end) {
    const char* const start = from;
    char* to = block;
    while (from != end && to <= block + sizeof block - kLongestStep) step(from, end, to);
    const auto size = static_cast<std::size_t>(to - block);
    if (out.capacity() - out.size() < size) {
      const auto done = static_cast<std::size_t>(from - start);
      const auto left = static_cast<std::size_t>(end - from);
      out.reserve(out.size() + size + expectedSize(left, size, done));
    }
    out.append(block, size);
  }
}

}  // namespace evmicro::detail
