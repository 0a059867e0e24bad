#include "http/head_writer.h"

#include <charconv>

#include <evmicro/carried_headers.h>
#include <evmicro/status.h>

namespace evmicro::detail {

namespace {

void appendNumber(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

HeadWriter& HeadWriter::status(int code) {
  if (code == 200) {  // nearly always
    out_.append("HTTP/1.1 200 OK\r\n");
    return *this;
  }
  out_.append("HTTP/1.1 ");
  appendNumber(out_, static_cast<std::uint64_t>(code));
  out_.append(" ").append(statusText(code)).append("\r\n");
  return *this;
}

HeadWriter& HeadWriter::request(std::string_view method, std::string_view target) {
  out_.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  return *this;
}

HeadWriter& HeadWriter::request(std::string_view method, std::string_view target,
                                std::string_view host) {
  return request(method, target).field("Host", host);
}

HeadWriter& HeadWriter::field(std::string_view name, std::string_view value) {
  out_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

HeadWriter& HeadWriter::field(std::string_view name, std::string_view prefix,
                              std::uint64_t number) {
  appendNumber(out_.append(name).append(": ").append(prefix), number);
  out_.append("\r\n");
  return *this;
}

HeadWriter& HeadWriter::length(std::uint64_t bytes) {
  appendNumber(out_.append("Content-Length: "), bytes);
  out_.append("\r\n");
  return *this;
}

HeadWriter& HeadWriter::carried(const Metadata& headers) {
  for (const Metadata::Entry& entry : headers) {
    if (!isCarriedHeader(entry.name)) continue;
    out_.append(entry.name).append(": ");
    appendHeaderValue(out_, entry.value);
    out_.append("\r\n");
  }
  return *this;
}

}  // namespace evmicro::detail
