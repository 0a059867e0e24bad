#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <evmicro/metadata.h>

namespace evmicro::detail {

/// Writes the head of an HTTP/1.1 message; all heads are written here. Call status() or request(),
/// then the fields, then end().
class HeadWriter {
 public:
  /// Clears `out` and writes into it, reusing its memory.
  explicit HeadWriter(std::string& out) noexcept : out_(out) { out.clear(); }

  /// `HTTP/1.1 200 OK`.
  HeadWriter& status(int code);
  /// `METHOD target HTTP/1.1`.
  HeadWriter& request(std::string_view method, std::string_view target);
  /// The same, with a Host header.
  HeadWriter& request(std::string_view method, std::string_view target, std::string_view host);
  /// @pre `name` and `value` are valid
  HeadWriter& field(std::string_view name, std::string_view value);
  /// `name: prefix<number>`.
  HeadWriter& field(std::string_view name, std::string_view prefix, std::uint64_t number);
  HeadWriter& length(std::uint64_t bytes);
  /// Those of `headers` that a transport carries, see isCarriedHeader() and appendHeaderValue().
  HeadWriter& carried(const Metadata& headers);
  /// The empty line.
  void end() { out_.append("\r\n"); }

 private:
  std::string& out_;
};

}  // namespace evmicro::detail
