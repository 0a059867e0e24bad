#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace evmicro::detail {

/// The header fields or trailers of one HTTP/2 message, as nghttp2 takes them. Names are lower
/// case. The texts are borrowed until the fields have been submitted, literals for ever. The fields
/// of most messages need no allocation.
class Http2Fields {
 public:
  Http2Fields() = default;
  Http2Fields(const Http2Fields&) = delete;
  Http2Fields& operator=(const Http2Fields&) = delete;

  /// A name that is a literal.
  Http2Fields& add(std::string_view literalName, std::string_view value) {
    return push(literalName, value, NGHTTP2_NV_FLAG_NO_COPY_NAME);
  }
  /// Both are literals.
  Http2Fields& addLiteral(std::string_view name, std::string_view value) {
    return push(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
  }
  /// Neither is: nghttp2 copies both.
  Http2Fields& addCopied(std::string_view name, std::string_view value) {
    return push(name, value, NGHTTP2_NV_FLAG_NONE);
  }
  const nghttp2_nv* data() const noexcept { return many_.empty() ? few_.data() : many_.data(); }
  std::size_t size() const noexcept { return size_; }
  /// As HTTP/2 counts a header list.
  std::size_t listSize() const noexcept { return listSize_; }
  static constexpr std::size_t kOverhead = 32;  ///< of each field, in listSize()

 private:
  // nghttp2 does not change the texts.
  static std::uint8_t* bytes(std::string_view text) noexcept {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  Http2Fields& push(std::string_view name, std::string_view value, int flags) {
    const nghttp2_nv field = {bytes(name), bytes(value), name.size(), value.size(),
                              static_cast<std::uint8_t>(flags)};
    if (size_ < few_.size()) {
      few_[size_] = field;
    } else {
      if (many_.empty()) many_.assign(few_.begin(), few_.end());
      many_.push_back(field);
    }
    ++size_;
    listSize_ += name.size() + value.size() + kOverhead;
    return *this;
  }

  std::array<nghttp2_nv, 12> few_;  // the first size_ of them
  std::vector<nghttp2_nv> many_;    // all, if they are more
  std::size_t size_ = 0;
  std::size_t listSize_ = 0;
};

}  // namespace evmicro::detail
