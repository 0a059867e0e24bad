#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <evmicro/metadata.h>

namespace evmicro::detail {

/// Writes the head of an HTTP/1.1 message: the one place where heads are written. First status() or
/// request(), then fields, then end().
class HeadWriter {
 public:
  /// Empties `out` and writes into it; its memory is used again.
  explicit HeadWriter(std::string& out) noexcept : out_(out) { out.clear(); }

  /// `HTTP/1.1 200 OK`.
  HeadWriter& status(int code);
  /// `METHOD target HTTP/1.1`.
  HeadWriter& request(std::string_view method, std::string_view target);
  /// The same, and Host.
  HeadWriter& request(std::string_view method, std::string_view target, std::string_view host);
  /// `name` and `value` must be sound.
  HeadWriter& field(std::string_view name, std::string_view value);
  /// `name: prefix` and the number.
  HeadWriter& field(std::string_view name, std::string_view prefix, std::uint64_t number);
  HeadWriter& length(std::size_t bytes);
  /// What a transport carries of `headers`, see isCarriedHeader() and appendHeaderValue().
  HeadWriter& carried(const Metadata& headers);
  /// The empty line.
  void end() { out_.append("\r\n"); }

 private:
  std::string& out_;
};

}  // namespace evmicro::detail
