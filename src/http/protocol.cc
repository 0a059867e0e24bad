#include "http/protocol.h"

#include <algorithm>

namespace evmicro::detail {

namespace {

constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr char kTlsHandshake = 0x16;

}  // namespace

Protocol protocolOf(std::string_view firstBytes) noexcept {
  if (firstBytes.empty()) return Protocol::kUndecided;
  if (firstBytes.front() == kTlsHandshake) return Protocol::kTls;
  const std::size_t size = std::min(firstBytes.size(), kHttp2Preface.size());
  if (firstBytes.substr(0, size) != kHttp2Preface.substr(0, size)) return Protocol::kHttp1;
  return size == kHttp2Preface.size() ? Protocol::kHttp2 : Protocol::kUndecided;
}

}  // namespace evmicro::detail
