#include "http/head_writer.h"

#include <charconv>

#include <evmicro/carried_headers.h>
#include <evmicro/status.h>

#include "http/head.h"

namespace evmicro::detail {

namespace {

constexpr std::string_view kEnd = "\r\n";

// A number's decimal digits.
class Digits {
 public:
  explicit Digits(std::uint64_t number) noexcept
      : size_(static_cast<std::size_t>(
            std::to_chars(digits_, digits_ + sizeof digits_, number).ptr - digits_)) {}
  operator std::string_view() const noexcept { return {digits_, size_}; }

 private:
  char digits_[20];
  std::size_t size_;
};

// Appending them one by one would cost twice as much: a head has some thirty of them.
template <typename... Parts>
void append(std::string& out, const Parts&... parts) {
  const auto addAll = [&out](auto... each) {
    const std::size_t start = out.size();
    out.resize(start + (each.size() + ...));
    char* at = &out[start];
    ((at += each.copy(at, each.size())), ...);
  };
  addAll(std::string_view(parts)...);
}

}  // namespace

HeadWriter& HeadWriter::status(int code) {
  if (code == 200) {  // nearly always
    append(out_, "HTTP/1.1 200 OK\r\n");
  } else {
    append(out_, "HTTP/1.1 ", Digits(static_cast<std::uint64_t>(code)), " ", statusText(code),
           kEnd);
  }
  return *this;
}

HeadWriter& HeadWriter::request(std::string_view method, std::string_view target) {
  append(out_, method, " ", target, " HTTP/1.1\r\n");
  return *this;
}

HeadWriter& HeadWriter::request(std::string_view method, std::string_view target,
                                std::string_view host) {
  append(out_, method, " ", target, " HTTP/1.1\r\nHost: ", host, kEnd);
  return *this;
}

HeadWriter& HeadWriter::field(std::string_view name, std::string_view value) {
  append(out_, name, ": ", value, kEnd);
  return *this;
}

HeadWriter& HeadWriter::field(std::string_view name, std::string_view prefix,
                              std::uint64_t number) {
  append(out_, name, ": ", prefix, Digits(number), kEnd);
  return *this;
}

HeadWriter& HeadWriter::length(std::uint64_t bytes) {
  append(out_, "Content-Length: ", Digits(bytes), kEnd);
  return *this;
}

HeadWriter& HeadWriter::carried(const Metadata& headers) {
  for (const Metadata::Entry& entry : headers) {
    if (!isCarriedHeader(entry.name)) continue;
    if (isCleanHttpFieldValue(entry.value)) {
      append(out_, entry.name, ": ", entry.value, kEnd);
      continue;
    }
    append(out_, entry.name, ": ");
    appendHeaderValue(out_, entry.value);
    append(out_, kEnd);
  }
  return *this;
}

}  // namespace evmicro::detail
