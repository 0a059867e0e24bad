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
#include <evmicro/export.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro {

class EventLoop;

/// A request to an HTTP server.
struct HttpClientRequest {
  std::string method = "GET";        ///< any token
  std::string url;                   ///< http:// or https://, already percent-encoded
  std::string socketPath;            ///< Unix socket to connect to instead of the URL's host
  std::vector<std::string> headers;  ///< whole lines, "Name: value"
  std::string body;                  ///< sent with its length
  /// From send() to the last byte of the reply, including the wait for a free connection. At most 5
  /// s of it for connecting.
  std::chrono::milliseconds timeout{5'000};
  std::size_t maxReplyBytes = 64U << 20;
};

/// Headers as received, including repeated ones.
using HttpClientHeaders = std::vector<std::pair<std::string, std::string>>;
/// The first header of that name (case-insensitive), empty if there is none.
EVMICRO_EXPORT std::string findHeader(const HttpClientHeaders& headers, std::string_view name);

/// The answer to a request, whatever the status.
struct HttpClientReply {
  int status = 0;             ///< such as 200
  HttpClientHeaders headers;  ///< in the order of the reply
  std::string body;           ///< the whole of it

  /// The first value of `name`, in any case; empty if there is none.
  std::string header(std::string_view name) const { return findHeader(headers, name); }
};

/// What is the same for all requests of a client.
struct HttpClientOptions {
  /// Maximum of open connections to one host and port; further requests wait for one of them.
  /// Consul refuses more than 200 from one address. Use a separate client for long-held requests.
  int connectionsPerHost = 64;
  TlsOptions tls{};
};

/// An HTTP/1.1 client on the loop, by libcurl's multi interface: for registries and for APIs on the
/// web. Connections are kept alive and shared. Certificates of https:// are verified. It uses no
/// proxies from the environment, follows no redirects and requests no compression. Host names are
/// looked up by a Resolver, and the addresses are used for a minute unless connecting fails. The
/// first client of a process loads libcurl; if that is not installed, requests fail with kInternal.
class EVMICRO_EXPORT HttpClient {
 public:
  /// The whole reply; a part of its body.
  using Done = std::function<void(Result<HttpClientReply>)>;
  using Piece = std::function<void(std::string)>;

  /// `loop` must outlive it.
  explicit HttpClient(EventLoop& loop, HttpClientOptions options = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  /// Cancels all pending requests.
  ~HttpClient();

  /// Any HTTP status is a reply; an error means that there was none. kInvalid: the request is
  /// malformed. kUnavailable: nothing of it was sent. kTimeout: sent, but not answered in time.
  /// kInternal: the connection broke, or the reply is not HTTP or larger than maxReplyBytes. `done`
  /// runs in a later turn; it may send, cancel, and destroy this client.
  Call send(HttpClientRequest request, Done done);

  /// The same for a reply without an end, such as that of a watch. The body of a 200 is passed to
  /// `piece` as it arrives, in non-empty pieces of any size; `done` runs at the end, with an empty
  /// body. Any other status is a reply as from send(). For a 200, the request's timeout applies to
  /// the head only, and maxReplyBytes not at all.
  Call stream(HttpClientRequest request, Piece piece, Done done);

 private:
  class Multi;
  struct Transfer;
  std::unique_ptr<Multi> multi_;
};

}  // namespace evmicro
