#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro::detail {

struct HttpClientRequest {
  std::string method = "GET";
  std::string url;                   ///< http:// or https://, already percent-encoded
  std::string socketPath;            ///< connect to this Unix socket instead of the URL's host
  std::vector<std::string> headers;  ///< whole lines, "Name: value"
  std::string body;
  /// From send() to the last byte of the reply, waiting for a free connection included. Connecting
  /// gets 5 s of it at most.
  std::chrono::milliseconds timeout{5'000};
  std::size_t maxReplyBytes = 64U << 20;
};

struct HttpClientReply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< as received, repeated ones too
  std::string body;

  /// The first header of that name (without regard to case), empty when there is none.
  std::string header(std::string_view name) const;
};

struct HttpClientOptions {
  /// Open at a time to one host and port; what is above waits for one of them. Consul refuses more
  /// than 200 from one address. Requests that are held for long want a client of their own.
  int connectionsPerHost = 64;
  TlsOptions tls{};
};

/// HTTP requests by libcurl's multi interface, driven by the loop: for registries. Connections are
/// kept alive and shared. Proxies from the environment are not used, redirects not followed, and
/// compressed replies never asked for. Host names are looked up by a Resolver, the addresses used
/// for a minute unless connecting fails.
class HttpClient {
 public:
  using Done = std::function<void(Result<HttpClientReply>)>;
  using Piece = std::function<void(std::string)>;

  explicit HttpClient(EventLoop& loop, HttpClientOptions options = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  /// Cancels what is pending.
  ~HttpClient();

  /// Any HTTP status is a reply; an error means that there was none. kInvalid: the request cannot
  /// be sent. kUnavailable: nothing of it was sent. kTimeout: sent, not answered in time.
  /// kInternal: the connection broke, or the reply is no HTTP or larger than maxReplyBytes.
  /// `done` runs in a later turn; it may send, cancel, and destroy this client.
  Call send(HttpClientRequest request, Done done);

  /// The same for a reply that goes on for ever, as that of a watch does. The body of a 200 is
  /// handed to `piece` as it comes, cut anywhere and never empty; `done` tells of the end, its body
  /// empty. Any other status is a reply as from send(). The request's timeout and maxReplyBytes do
  /// not count for a 200: its head must be there in time, what follows may take as long as it
  /// likes.
  Call stream(HttpClientRequest request, Piece piece, Done done);

 private:
  class Multi;
  struct Transfer;
  std::unique_ptr<Multi> multi_;
};

}  // namespace evmicro::detail
