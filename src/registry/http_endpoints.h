#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

#include "http/client.h"
#include "net/http_address.h"

namespace evmicro::detail {

/// The outcome of a request to one of several servers.
struct EndpointReply {
  /// ok() if the answer was a 200. Otherwise names every endpoint that was tried. A 4xx keeps its
  /// code, except 404, which becomes kInternal like all others.
  Status status;
  int http = 0;  ///< the answer's status, 0 if there was none
  std::string body;
};

/// Failover among several HTTP servers with the same data: uses the one that answered last, and if
/// that fails (cannot be connected, breaks off, does not reply in time, or replies with a 5xx) the
/// next one in order. All requests are POSTs of JSON.
class HttpEndpoints {
 public:
  struct Options {
    std::string kind;                    ///< "etcd": for messages
    std::vector<std::string> addresses;  ///< not empty; a malformed one is reported by send()
    std::string defaultPort;
    std::chrono::milliseconds timeout{5'000};  ///< for one endpoint
    /// Extracts the error text from the body of an error. Empty: the first line is used.
    std::function<std::string(const std::string& body)> explain;
    TlsOptions tls{};
  };
  struct Request {
    std::string path;
    std::string body;
    std::vector<std::string> headers;  ///< complete lines
  };
  using Done = std::function<void(EndpointReply)>;

  HttpEndpoints(EventLoop& loop, Options options);
  HttpEndpoints(const HttpEndpoints&) = delete;
  HttpEndpoints& operator=(const HttpEndpoints&) = delete;

  /// `done` runs in a later turn and may destroy this object.
  Call send(Request request, Done done);
  /// A reply without an end, only from the endpoint in use: see HttpClient::stream.
  Call stream(Request request, HttpClient::Piece piece, Done done);

  /// `host:port` of the endpoint in use.
  const std::string& address() const noexcept;

 private:
  struct Attempt;

  Call refuse(Done done);
  void tryNext(Attempt& attempt);
  void answered(Attempt& attempt, Result<HttpClientReply> reply);
  EndpointReply judge(const std::string& who, const std::string& path,
                      Result<HttpClientReply> reply) const;
  HttpClientRequest httpRequest(const Request& request, std::size_t endpoint) const;
  std::string nameOf(std::size_t endpoint) const;

  EventLoop& loop_;
  const Options options_;
  std::vector<HttpAddress> endpoints_;
  Status problem_;  // of the options: every request fails with it
  std::size_t inUse_ = 0;
  HttpClient http_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
