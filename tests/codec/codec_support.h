#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <evmicro/buffer.h>
#include <evmicro/status.h>

namespace evmicro::test {

/// All bytes of a file.
inline std::string contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A body captured from go-micro: `golden("unary_json.request")`.
inline std::string golden(const std::string& name) {
  return contentOf(TEST_SOURCE_DIR "/codec/golden/" + name);
}

/// `text` in a buffer of as many chains as it takes to hold `blockSize` bytes in each.
inline Buffer inBlocks(std::string_view text, std::size_t blockSize) {
  Buffer buffer;
  buffer.raw();  // not in one block, as few bytes are otherwise
  for (; !text.empty(); text.remove_prefix(std::min(blockSize, text.size()))) {
    Buffer block;
    block.raw();
    block.append(text.substr(0, blockSize));
    buffer.append(std::move(block));
  }
  return buffer;
}

/// "" for a success: what CPPUNIT_ASSERT_EQUAL shows when it was none.
inline std::string errorOf(const Status& status) { return status.ok() ? "" : status.detail(); }

}  // namespace evmicro::test
