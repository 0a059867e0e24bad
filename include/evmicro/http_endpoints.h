#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/export.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro {

/// A request to one of several servers.
struct EndpointRequest {
  std::string method = "GET";        ///< any token
  std::string path;                  ///< percent-encoded, with its query
  std::string body;                  ///< JSON; empty: none
  std::vector<std::string> headers;  ///< whole lines, "Name: value"
  /// Use this endpoint only (its index among the addresses). Not set: the one in use is tried
  /// first, then the others in order.
  std::optional<std::size_t> endpoint;
  /// How long the server may hold the reply back, as of a blocking query: added to the timeout.
  /// Such requests use separate connections, so that other requests do not wait behind them.
  std::chrono::milliseconds held{0};
};

/// The outcome of a request to one of several servers.
struct EndpointReply {
  /// ok() if the answer was a 200. Otherwise names every endpoint that was tried. A 4xx keeps its
  /// code, except 404, which becomes kInternal like all others.
  Status status;
  int http = 0;  ///< the answer's status, 0 if there was none
  std::string body;
  std::size_t endpoint = 0;  ///< the last one used
  std::vector<std::pair<std::string, std::string>> headers{};

  /// The first header of that name (case-insensitive), empty if there is none.
  EVMICRO_EXPORT std::string header(std::string_view name) const;
};

/// An HTTP client with failover among several servers with the same data, such as those of a
/// registry: uses the one that answered last, and if that fails (cannot be connected, breaks off,
/// does not reply in time, or replies with a 5xx) the next one in order.
///
/// Connections are kept alive; proxies from the environment are not used.
class EVMICRO_EXPORT HttpEndpoints {
 public:
  /// The endpoints, and how they are reached.
  struct Options {
    std::string kind;  ///< "etcd": for messages
    /// `host:port`, `http://host:port`, `https://host:port` or `unix:///path`. Not empty; a
    /// malformed one is reported by every request.
    std::vector<std::string> addresses;
    std::string defaultPort;                   ///< for addresses without one
    std::chrono::milliseconds timeout{5'000};  ///< for one endpoint
    TlsOptions tls{};                          ///< for endpoints that begin with https://
    std::vector<std::string> headers{};        ///< of every request: whole lines
    /// Extracts the error text from the body of an error. Not set, or an empty result: the first
    /// line is used.
    std::function<std::string(const std::string& body)> explain{};
    /// Runs when another endpoint has come into use; it must not destroy the client.
    std::function<void()> onSwitch{};
    /// If not ok(), every request fails with it.
    Status problem{};
  };
  /// The whole reply; a part of its body.
  using Done = std::function<void(EndpointReply)>;
  using Piece = std::function<void(std::string)>;

  /// `loop` must outlive it.
  HttpEndpoints(EventLoop& loop, Options options);
  HttpEndpoints(const HttpEndpoints&) = delete;
  HttpEndpoints& operator=(const HttpEndpoints&) = delete;
  /// Cancels what is pending.
  ~HttpEndpoints();

  /// `done` runs once, in a later turn, and may destroy this object.
  Call send(EndpointRequest request, Done done);
  /// The same for a reply without an end, as of a watch, without failover. `piece` gets the body of
  /// a 200 in pieces, cut anywhere and never empty; `done` runs at its end, with an empty body. The
  /// timeout applies until the reply begins.
  Call stream(EndpointRequest request, Piece piece, Done done);

  /// Reports a failure of `endpoint` that a request did not show: if it is in use, the next one is
  /// used from now on.
  void avoid(std::size_t endpoint);

  /// The endpoint in use.
  std::size_t inUse() const noexcept;
  std::size_t count() const noexcept;
  /// Its `host:port`.
  const std::string& address() const noexcept { return address(inUse()); }
  /// @pre endpoint < count()
  const std::string& address(std::size_t endpoint) const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro
