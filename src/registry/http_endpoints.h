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

/// How a request to one of several servers went.
struct EndpointReply {
  /// ok() when the answer was a 200. Otherwise tells of every endpoint that was tried; an answer
  /// with 4xx keeps its code, except 404, which is kInternal as all others are.
  Status status;
  int http = 0;  ///< the answer's status, 0 when there was none
  std::string body;
};

/// Several HTTP servers that keep the same data, of which one at a time is used: the one that
/// answered last, and when that fails (no connection, none kept to the end of the reply, no reply
/// in time, a 5xx) the next one in order. All requests are POSTs of JSON.
class HttpEndpoints {
 public:
  struct Options {
    std::string kind;                    ///< "etcd": for messages
    std::vector<std::string> addresses;  ///< not empty; a malformed one is reported by send()
    std::string defaultPort;
    std::chrono::milliseconds timeout{5'000};  ///< for one endpoint
    /// What a person needs of the body of an error. Empty: its first line.
    std::function<std::string(const std::string& body)> explain;
    TlsOptions tls{};
  };
  struct Request {
    std::string path;
    std::string body;
    std::vector<std::string> headers;  ///< whole lines
  };
  using Done = std::function<void(EndpointReply)>;

  HttpEndpoints(EventLoop& loop, Options options);
  HttpEndpoints(const HttpEndpoints&) = delete;
  HttpEndpoints& operator=(const HttpEndpoints&) = delete;

  /// `done` runs in a later turn and may destroy this object.
  Call send(Request request, Done done);
  /// A reply without an end, of the endpoint in use and of no other: see HttpClient::stream.
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
  Status problem_;  // of the options: what every request is answered with
  std::size_t inUse_ = 0;
  HttpClient http_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
