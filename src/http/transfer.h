#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <evmicro/status.h>

#include "http/client.h"
#include "http/curl_handle.h"
#include "net/resolver.h"

namespace evmicro::detail {

/// One request as libcurl sees it, and what has come of the reply so far. Knows nothing of the
/// loop. libcurl keeps pointers to it while the easy handle is in a multi handle.
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

  /// Where it connects to, when that is a name: the addresses must be given before it begins, or
  /// libcurl starts a thread that looks it up.
  const std::optional<HostAndPort>& name() const noexcept { return name_; }
  void connectTo(const ResolvedAddresses& addresses);

  /// Whether the head of a 200 is there.
  bool succeeding() const;
  /// What has come of the body since the last time.
  std::string takeBody() noexcept { return std::exchange(reply_.body, {}); }

  /// The reply, or the error that `code` stands for. Once, after libcurl is done.
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

/// What makes `request` impossible to send; ok() when nothing does. Only what libcurl would let
/// through: it checks URLs itself.
Status checkRequest(const HttpClientRequest& request);

}  // namespace evmicro::detail
