#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/codec.h>

namespace evmicro::detail {

/// The content type that a client uses by default.
inline constexpr std::string_view kDefaultContentType = "application/octet-stream";

/// Codecs by content type. A new table has go-micro's five types, gRPC's three, and `own`.
class CodecTable {
 public:
  explicit CodecTable(const Codecs& own = {});

  /// Adds a content type, or replaces its codec.
  void add(std::string contentType, std::shared_ptr<const Codec> codec);

  /// The codec for the value of a Content-Type header; null if there is none. Types are compared
  /// exactly, as in go-micro, but gRPC's without case; parameters (`; charset=utf-8`) are ignored.
  /// The codec lives as long as the table, or until its type is replaced.
  const Codec* codecFor(std::string_view contentType) const noexcept;

 private:
  const Codec* codecInAnyCase(std::string_view type) const noexcept;

  struct Entry {
    std::string contentType;
    std::shared_ptr<const Codec> codec;  // shared by the types of one format
  };
  std::vector<Entry> entries_;  // few: a linear search is faster than hashing
};

}  // namespace evmicro::detail
