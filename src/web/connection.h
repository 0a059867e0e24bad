#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/transport.h>
#include <evmicro/web_server.h>

#include "http/socket.h"
#include "web/access_log.h"

namespace evmicro::detail {

/// The state of a request that the handler's WebReply shares with the connection.
struct WebExchange {
  explicit WebExchange(EventLoop& loopOfIt) : loop(loopOfIt) {}

  EventLoop& loop;
  WebConnection* connection = nullptr;  // null once the reply is complete or the connection is
                                        // closed
  bool bodiless = false;                // HEAD
  bool begun = false;
  bool chunked = false;
  bool gone = false;  // the peer has gone before the reply was complete
  int status = 0;
  std::uint64_t bodyBytes = 0;
  WebFields common;  // headers of every reply to it
  std::optional<AccessLogEntry> logged;
  std::function<void()> onGone;
  std::function<void()> onWritable;
  Call telling;
};

/// A connection of a WebServer: reads requests one after the other, passes each to the server and
/// writes its reply.
class WebConnection final : private Socket::Observer {
 public:
  class Owner {
   public:
    /// May destroy the connection.
    virtual void onRequest(WebRequest request, WebReply reply,
                           const std::shared_ptr<WebExchange>& exchange) = 0;
    virtual void onErrorPage(Page& answer) = 0;
    virtual void onReplied(const WebExchange& exchange) = 0;
    /// The connection is closed: the observer destroys it, but later.
    virtual void onConnectionOver(WebConnection& connection) = 0;

   protected:
    ~Owner() = default;
  };

  WebConnection(EventLoop& loop, Owner& owner, std::unique_ptr<HttpSocket> socket,
                std::chrono::milliseconds idleTimeout, std::size_t highWater);
  WebConnection(const WebConnection&) = delete;
  WebConnection& operator=(const WebConnection&) = delete;
  ~WebConnection();

  /// Closes if there is no request to answer, otherwise after the reply.
  void closeWhenIdle();

  // For WebReply.
  void send(WebExchange& exchange, int status, const WebFields& headers, std::string_view body);
  void begin(WebExchange& exchange, int status, const WebFields& headers);
  bool write(WebExchange& exchange, std::string_view bytes);
  void end(WebExchange& exchange);
  void breakOff();

 private:
  void onMessage(Message& message) override;
  void onRefused(const Metadata& headers, Page& answer) override;
  void onPeerFinished() override;
  void onWritable() override;
  void onClosed(Status why) override;
  bool refuseMalformed(WebExchange& exchange, const WebFields& headers);
  void writeHead(WebExchange& exchange, int status, const WebFields& headers,
                 std::optional<std::size_t> length);
  void complete(WebExchange& exchange);
  void peerLeft();

  EventLoop& loop_;
  Owner& owner_;
  const std::unique_ptr<HttpSocket> socket_;
  const std::chrono::milliseconds idleTimeout_;
  const std::size_t highWater_;
  std::shared_ptr<WebExchange> exchange_;  // being answered
  std::string head_;                       // reused for heads
  bool last_ = false;                      // the connection closes after this reply
  bool old_ = false;                       // HTTP/1.0
};

}  // namespace evmicro::detail
