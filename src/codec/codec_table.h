#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/codec.h>

namespace evmicro::detail {

/// What a client sends when nothing else is asked for.
inline constexpr std::string_view kDefaultContentType = "application/octet-stream";

/// Which codec a content type means. A fresh table knows go-micro's five types and `own`.
class CodecTable {
 public:
  explicit CodecTable(const Codecs& own = {});

  /// Adds a content type, or replaces what it meant.
  void add(std::string contentType, std::shared_ptr<const Codec> codec);

  /// The codec for the value of a Content-Type header; null when there is none. Types match to the
  /// letter, as in go-micro; parameters (`; charset=utf-8`) are not looked at. The codec lives as
  /// long as the table, or until its type is replaced.
  const Codec* codecFor(std::string_view contentType) const noexcept;

 private:
  struct Entry {
    std::string contentType;
    std::shared_ptr<const Codec> codec;  // shared by the types that mean the same format
  };
  std::vector<Entry> entries_;  // few: a walk is faster than a hash
};

}  // namespace evmicro::detail
