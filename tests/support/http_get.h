#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace evmicro::test {

struct HttpAnswer {
  int status = 0;
  std::string head;  ///< status line and headers
  std::string body;
};

/// One HTTP/1.0 exchange with `address` ("127.0.0.1:8500"), without the library under test and
/// without a loop: blocks the caller. Nothing when no complete answer came within `limit`.
std::optional<HttpAnswer> httpExchange(const std::string& address, const std::string& method,
                                       const std::string& path, const std::string& body = {},
                                       std::chrono::milliseconds limit = std::chrono::seconds(10));

inline std::optional<HttpAnswer> httpGet(const std::string& address, const std::string& path) {
  return httpExchange(address, "GET", path);
}

}  // namespace evmicro::test
