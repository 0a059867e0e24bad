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

namespace evmicro {

class EventLoop;

namespace detail {
class WebConnection;
struct WebExchange;
}  // namespace detail

/// Names and values in the order in which they came; a name may come more than once.
using WebFields = std::vector<std::pair<std::string, std::string>>;

/// The first value of `name`, compared to the letter; nothing when there is none. The view is good
/// as long as the fields are.
EVMICRO_EXPORT std::optional<std::string_view> findField(const WebFields& fields,
                                                         std::string_view name);

/// The parameters of a query or of a form (`application/x-www-form-urlencoded`), decoded; '+' is a
/// blank. Nothing when it is malformed.
EVMICRO_EXPORT std::optional<WebFields> parseForm(std::string_view text);

/// A whole HTTP request.
struct WebRequest {
  std::string method;       ///< `GET`
  std::string target;       ///< as sent: `/say%20hello?name=John`
  std::string path;         ///< without the query, decoded: `/say hello`
  std::string query;        ///< as sent, without the '?'
  WebFields headers;        ///< canonical names (`Content-Type`), every line
  std::string body;         ///< whole; at most the limit of the server
  std::string peerAddress;  ///< `host:port`
  /// What stood in the path for the `{name}`s of the route, decoded.
  std::map<std::string, std::string> params;
};

/// The obligation to answer one request, now or in a later turn of the loop: with send(), or with
/// begin(), any number of write() and end(). Dropped unanswered it sends a 500; dropped in the
/// middle of a reply it breaks the connection, so that the peer notices. May outlive connection and
/// server; everything is harmless then.
class EVMICRO_EXPORT WebReply {
 public:
  explicit WebReply(std::shared_ptr<detail::WebExchange> exchange) noexcept;
  WebReply(WebReply&&) noexcept;
  WebReply& operator=(WebReply&&) = delete;
  ~WebReply();

  /// The whole reply. `status` from 200 to 599. Framing headers among `headers` (Content-Length,
  /// Transfer-Encoding, Connection) are ignored: they are the server's business. HEAD, 204 and 304
  /// get no body. A header that would break the framing turns the reply into a 500 that says so.
  void send(int status, const WebFields& headers, std::string_view body);

  /// Begins a reply whose length is not known yet: in chunks, or up to the close for HTTP/1.0.
  void begin(int status, const WebFields& headers);
  /// Sends some of the body, or queues it. False: more than the high-water mark is queued, or the
  /// peer has gone; wait for onWritable. @pre begin()
  bool write(std::string_view bytes);
  /// The body is complete.
  void end();

  /// Runs each time when the queue has fallen below half the high-water mark after it was above.
  void onWritable(std::function<void()> onWritable);
  /// Runs when the peer leaves before the reply is complete, or has left already: at most once, in
  /// a turn of its own. A peer that has ended its sending side counts; it still gets the reply.
  void onGone(std::function<void()> onGone);

 private:
  std::shared_ptr<detail::WebExchange> exchange_;  // shared with the connection
};

struct WebServerOptions {
  /// Where to listen, see Transport::listen.
  std::string address = ":0";
  /// maxBodyBytes holds for every request, which is read whole before its handler runs.
  ListenOptions limits = [] {
    ListenOptions smaller;
    smaller.maxBodyBytes = 16U << 20;
    return smaller;
  }();
  /// Origins whose pages may read replies (CORS), `*` for all. Not empty: every reply has the
  /// headers, and OPTIONS is answered by the server.
  std::vector<std::string> corsOrigins;
  /// Gets a line in Apache's combined format for each request, once its reply is complete.
  std::function<void(const std::string& line)> accessLog;
  /// Puts a reply of the server's own (404, 405, 413 and others; the body is the reason as text)
  /// into another form.
  std::function<void(Page& answer)> errorPage;
};

/// An HTTP/1.1 server for pages, REST and gateways: strict about framing, bounded in size and time,
/// on the loop. Requests of one connection are answered one after the other.
///
/// A path that is not clean (`//a`, `/a/../b`) is redirected (301) to the clean one.
class EVMICRO_EXPORT WebServer {
 public:
  /// Runs in the loop; what it throws becomes a 500. May destroy the server.
  using Handler = std::function<void(WebRequest, WebReply)>;

  /// `loop` must outlive it.
  explicit WebServer(EventLoop& loop, WebServerOptions options = {});
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  /// Closes everything at once; nothing is called any more.
  ~WebServer();

  /// Adds a route. `method`: `GET` (then also HEAD), or empty for all. `pattern`: segments, of
  /// which
  /// `{name}` stands for any one and a last `{name...}` for all that are left, none included:
  /// `/users/{id}/files/{path...}`. Of several that fit, the one with the earlier literal segment
  /// wins. std::invalid_argument when the pattern makes no sense or is there already.
  /// @pre not started
  void handle(std::string method, std::string pattern, Handler handler);

  /// Listens. kInvalid: the address makes no sense; kUnavailable: it cannot be had.
  Status start();
  /// Accepts no more, closes the connections that wait for a request, and the others after their
  /// reply. connections() says how many are left.
  void stop();

  /// Where it listens, `127.0.0.1:8080`; empty before start().
  std::string address() const;
  std::size_t connections() const noexcept;
  ListenerStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evmicro
