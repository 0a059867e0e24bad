#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <evmicro/http_client.h>
#include <evmicro/status.h>

#include "http/curl_handle.h"
#include "net/resolver.h"

namespace evmicro::detail {

/// One request of libcurl, and the part of the reply that has arrived. Independent of the loop.
/// libcurl keeps pointers to it while the easy handle is in a multi handle.
class HttpTransfer {
 public:
  struct HostAndPort {
    std::string host;
    std::uint16_t port = 0;
  };

  HttpTransfer(HttpClientRequest request, const TlsOptions& tls);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  CURL* handle() const noexcept { return easy_.get(); }
  /// Gives up the handle without closing anything, for good.
  void leave() noexcept { static_cast<void>(easy_.release()); }

  /// The host to connect to, if it is a name: the addresses must be set before the transfer begins,
  /// or libcurl starts a thread to look it up.
  const std::optional<HostAndPort>& name() const noexcept { return name_; }
  void connectTo(const ResolvedAddresses& addresses);

  /// Whether the head of a 200 has arrived.
  bool succeeding() const;
  /// The part of the body that has arrived since the last call.
  std::string takeBody() noexcept { return std::exchange(reply_.body, {}); }

  /// The reply, or the error for `code`. Call it once, after libcurl is done.
  Result<HttpClientReply> finish(CURLcode code);

 private:
  void configure();
  void configureMethod();
  void configureTls(const TlsOptions& tls);
  void findName();
  void expectName(const std::string& name);
  Status errorOf(CURLcode code) const;
  Status timedOut(bool sent) const;
  std::string describe(CURLcode code) const;
  bool acceptHeader(std::string_view line);
  bool acceptBody(std::string_view data);

  static std::size_t onHeader(char* data, std::size_t, std::size_t size, void* self) noexcept;
  static std::size_t onBody(char* data, std::size_t, std::size_t size, void* self) noexcept;

  HttpClientRequest request_;  // libcurl reads the body from here
  HttpClientReply reply_;
  std::size_t headerBytes_ = 0;
  bool headersComplete_ = false;
  std::array<char, CURL_ERROR_SIZE> error_{};
  CurlList headers_;
  CurlList connectTo_;
  CurlList resolved_;
  std::optional<HostAndPort> name_;
  CurlEasy easy_;  // last: it points to all of the above
};

/// Why `request` cannot be sent; ok() if it can. Checks only what libcurl does not: it validates
/// URLs itself.
Status checkRequest(const HttpClientRequest& request);

}  // namespace evmicro::detail
