#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/export.h>
#include <evmicro/web_server.h>

namespace evmicro {

namespace detail {
class WebSocketConnection;
}

/// Limits of a WebSocket.
struct WebSocketOptions {
  /// Subprotocols, preferred ones first. The first that the client offers is chosen; a client that
  /// offers none of them is accepted without one.
  std::vector<std::string> protocols;
  /// Origins whose pages may connect (`https://example.com`), `*` for all. Empty: only pages of the
  /// host that the request names. Clients that are not browsers send no Origin and may connect.
  std::vector<std::string> origins;
  /// The size of a message, in bytes, whole or in fragments. A larger one ends the connection with
  /// code 1009.
  std::size_t maxMessageBytes = 1U << 20;
  /// If more than this is queued when a message is sent, the message is dropped and the connection
  /// is broken: the peer reads too slowly, and the program does not wait for onWritable.
  std::size_t maxQueuedBytes = 16U << 20;
  /// After this time without input, a ping is sent; if nothing arrives within pongTimeout, the
  /// connection is broken. Zero: no pings. Not while the program has paused the WebSocket.
  std::chrono::milliseconds pingInterval{30'000};
  std::chrono::milliseconds pongTimeout{10'000};
};

/// A whole message, whatever frames it came in.
struct WebSocketMessage {
  std::string data;     ///< UTF-8 if it is text
  bool binary = false;  ///< else text
};

/// How a WebSocket ended.
struct WebSocketEnd {
  /// The code of the peer's close frame; 1005 if the frame had none. If the peer has violated the
  /// protocol or a limit, the code that it was sent: 1002, 1007 or 1009. 1006: the connection ended
  /// without a close frame.
  int code = 1006;
  std::string reason;
};

/// A WebSocket (RFC 6455) to a client of a WebServer, made by acceptWebSocket(). Destroying it
/// closes the connection with code 1001, after what has been sent; none of its callbacks runs
/// afterwards. May outlive the server, and is closed then, without a callback.
///
/// Callbacks run in the loop, never inside a function of this class, and may do anything, also
/// destroy the WebSocket or the server. Each may be set at any time and replaced; an empty one is
/// allowed.
class EVMICRO_EXPORT WebSocket {
 public:
  /// For the library.
  explicit WebSocket(std::shared_ptr<detail::WebSocketConnection> connection) noexcept;
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;
  ~WebSocket();

  /// Sends or queues a message. False: more than the server's high-water mark
  /// (ListenOptions::highWaterBytes) is queued, so wait for onWritable; or the WebSocket is closed.
  /// @pre `text` is UTF-8, or the peer ends the connection
  bool sendText(std::string_view text);
  bool sendBinary(std::string_view bytes);
  /// Bytes that are queued.
  std::size_t queued() const noexcept;

  /// Sends a close frame, after what has been sent. Messages of the peer arrive until it has
  /// answered; onClose runs then, or after five seconds without an answer. `code` is 1000 to 1003,
  /// 1007 to 1014 or 3000 to 4999, others become 1011; `reason` is UTF-8 and is cut to 123
  /// bytes. Only the first call has an effect.
  void close(int code = 1000, std::string_view reason = {});

  /// Runs for each message. Without it messages are dropped.
  void onMessage(std::function<void(WebSocketMessage message)> onMessage);
  /// Runs once, when the WebSocket has ended, or has already.
  void onClose(std::function<void(const WebSocketEnd& end)> onClose);
  /// Runs whenever the queue has been above the high-water mark and has fallen below half of it.
  void onWritable(std::function<void()> onWritable);

  /// No messages are delivered, and the peer is slowed down, until resume().
  void pause() noexcept;
  void resume();

  /// The chosen subprotocol; empty if there is none.
  const std::string& protocol() const noexcept;

 private:
  std::shared_ptr<detail::WebSocketConnection> connection_;  // shared with the connection
};

/// Answers the request for a WebSocket with 101. nullopt: the request is not one that can be
/// accepted, and has been refused: 426, not a request for a WebSocket, or another version; 400,
/// malformed; 403, another origin; 405, not a GET; 501, built without WebSocket; 503, the server is
/// stopping.
EVMICRO_EXPORT std::optional<WebSocket> acceptWebSocket(const WebRequest& request, WebReply reply,
                                                        const WebSocketOptions& options = {});

/// A handler for WebServer::handle() that accepts requests and hands out the WebSockets:
/// `server.handle("GET", "/live", webSocketHandler([](WebRequest, WebSocket socket) {...}))`.
EVMICRO_EXPORT WebServer::Handler webSocketHandler(
    std::function<void(WebRequest request, WebSocket socket)> handler,
    WebSocketOptions options = {});

}  // namespace evmicro
