#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace evmicro::detail {

/// The header fields or trailers of one HTTP/2 message, as nghttp2 takes them. Names are lower
/// case. The texts are borrowed until the fields have been submitted, literals for ever.
class Http2Fields {
 public:
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
  void clear() noexcept { fields_.clear(); }

  const nghttp2_nv* data() const noexcept { return fields_.data(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  // nghttp2 does not change the texts.
  static std::uint8_t* bytes(std::string_view text) noexcept {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  Http2Fields& push(std::string_view name, std::string_view value, int flags) {
    fields_.push_back(
        {bytes(name), bytes(value), name.size(), value.size(), static_cast<std::uint8_t>(flags)});
    return *this;
  }

  std::vector<nghttp2_nv> fields_;
};

}  // namespace evmicro::detail
