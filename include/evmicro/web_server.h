#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/export.h>
#include <evmicro/status.h>
#include <evmicro/transport.h>
#include <evmicro/web_body.h>

namespace evmicro {

class EventLoop;

namespace detail {
class WebConnection;
struct WebExchange;
}  // namespace detail

/// Names and values in their original order; a name may occur more than once.
using WebFields = std::vector<std::pair<std::string, std::string>>;

/// The first value of `name`, compared exactly; nullopt if there is none. The view is valid as long
/// as the fields.
EVMICRO_EXPORT std::optional<std::string_view> findField(const WebFields& fields,
                                                         std::string_view name);

/// The parameters of a query or of a form (`application/x-www-form-urlencoded`), decoded; '+' is a
/// blank. nullopt if it is malformed, or has more than 10,000 parameters.
EVMICRO_EXPORT std::optional<WebFields> parseForm(std::string_view text);

/// A complete HTTP request.
struct WebRequest {
  std::string method;       ///< `GET`
  std::string target;       ///< as sent: `/say%20hello?name=John`
  std::string path;         ///< without the query, decoded: `/say hello`
  std::string query;        ///< as sent, without the '?'
  WebFields headers;        ///< canonical names (`Content-Type`), every line
  std::string body;         ///< complete, within the server's limit; empty if it comes in parts
  std::string peerAddress;  ///< `host:port`
  bool secure = false;      ///< whether it came by TLS
  /// The values of the route's `{name}` segments, decoded.
  std::map<std::string, std::string> params;
};

/// The obligation to answer one request, now or in a later turn of the loop: with send(), or with
/// begin(), any number of write() and end(). If it is destroyed unanswered, it sends a 500; if it
/// is destroyed in the middle of a reply, it breaks the connection, so that the peer notices. May
/// outlive connection and server; its functions do nothing then.
class EVMICRO_EXPORT WebReply {
 public:
  /// For the library.
  explicit WebReply(std::shared_ptr<detail::WebExchange> exchange) noexcept;
  WebReply(WebReply&&) noexcept;
  WebReply& operator=(WebReply&&) = delete;
  ~WebReply();

  /// Sends a complete reply. `status` is 200 to 599. Framing headers among `headers`
  /// (Content-Length, Transfer-Encoding, Connection) are ignored: the server sets them. No body is
  /// sent to HEAD and with 204 and 304. A header that would break the framing turns the reply into
  /// a 500 that says so.
  void send(int status, const WebFields& headers, std::string_view body);

  /// Begins a reply whose body follows. `length`: the size of that body in bytes; what is written
  /// beyond it is ignored, and ending early breaks the connection. Without it the body is sent in
  /// chunks or, for HTTP/1.0, until the close.
  void begin(int status, const WebFields& headers,
             std::optional<std::uint64_t> length = std::nullopt);
  /// Sends or queues a part of the body. False: more than the high-water mark is queued, so wait
  /// for onWritable; or the peer has gone. @pre begin()
  bool write(std::string_view bytes);
  /// Ends the body.
  void end();

  /// Runs whenever the queue has been above the high-water mark and has fallen below half of it.
  void onWritable(std::function<void()> onWritable);
  /// Runs if the peer closes before the reply is complete, or has done so already: at most once, in
  /// a turn of its own. A peer that has shut down its sending side counts as well; it still gets
  /// the reply.
  /// Replaces the function that was set before, which does not run any more; may be empty.
  void onGone(std::function<void()> onGone);

 private:
  friend struct detail::WebExchange;
  std::shared_ptr<detail::WebExchange> exchange_;  // shared with the connection
};

/// Address, limits and CORS of a server.
struct WebServerOptions {
  /// Where to listen, see Transport::listen.
  std::string address = ":0";
  /// maxBodyBytes applies to every request that is read completely before its handler runs. With
  /// a certificate in `tls` the server speaks TLS; a request without TLS gets a 400 that says so.
  ListenOptions limits = [] {
    ListenOptions smaller;
    smaller.maxBodyBytes = 16U << 20;
    return smaller;
  }();
  /// Origins whose pages may read replies (CORS), `*` for all. If not empty, every reply has the
  /// CORS headers, and the server answers OPTIONS.
  std::vector<std::string> corsOrigins;
  /// Called with a line in Apache's combined format for each request, when its reply is complete.
  std::function<void(const std::string& line)> accessLog;
  /// Called with the status of each reply, when it is complete.
  std::function<void(int status)> onReplied;
  /// Changes the form of the server's own replies (404, 405, 413 and others; the body is the reason
  /// as text).
  std::function<void(Page& answer)> errorPage;
};

/// An HTTP/1.1 server for pages, REST and gateways, on the loop: strict about framing, with limits
/// on size and time. Requests of one connection are answered one after the other.
///
/// A path that is not clean (`//a`, `/a/../b`) is redirected (301) to the clean one.
class EVMICRO_EXPORT WebServer {
 public:
  /// Runs in the loop; an exception becomes a 500. May destroy the server.
  using Handler = std::function<void(WebRequest, WebReply)>;
  using StreamHandler = std::function<void(WebRequest, WebBody, WebReply)>;

  /// `loop` must outlive it.
  explicit WebServer(EventLoop& loop, WebServerOptions options = {});
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  /// Closes everything immediately; no callback runs afterwards.
  ~WebServer();

  /// Adds a route. `method`: such as `GET`, which includes HEAD; empty: all methods. `pattern`:
  /// segments, where `{name}` matches any single segment, and a final `{name...}` matches all
  /// remaining ones, including none: `/users/{id}/files/{path...}`. If several match, the one with
  /// the earlier literal segment wins. std::invalid_argument if the pattern is malformed or exists
  /// already.
  /// @pre not started
  void handle(std::string method, std::string pattern, Handler handler);
  /// The same for a handler that runs when the head of a request has arrived, and takes the body in
  /// parts: neither its size nor the time that it takes is limited, but the connection may not be
  /// idle for longer than allowed. If the reply is complete before the body, the connection closes.
  void handleStreamed(std::string method, std::string pattern, StreamHandler handler);

  /// Listens. kInvalid: the address is malformed, or a TLS file cannot be used; kUnavailable: the
  /// address cannot be bound.
  Status start();
  /// Stops accepting, closes idle connections, and the others after their reply. Peers that have
  /// just connected, or sent a part of a request, are expected to go on with it for a second after
  /// they were last heard of. connections() returns how many are left.
  void stop();
  /// The same; `closed` runs once, in a later turn, when no connection is left. Replaces a function
  /// that was given before.
  void stop(std::function<void()> closed);

  /// Where it listens, `127.0.0.1:8080`; empty before start().
  std::string address() const;
  std::size_t connections() const noexcept;
  ListenerStats stats() const;

  /// Reads the TLS certificates again, for new connections. If there is an error the old ones stay
  /// in use. @pre start() has succeeded
  Status reloadTls();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro
