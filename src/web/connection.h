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
#include "web/gzip.h"

namespace evmicro::detail {

/// The state of a request that the handler's WebReply shares with the connection.
struct WebExchange {
  explicit WebExchange(EventLoop& loopOfIt) : loop(loopOfIt) {}

  EventLoop& loop;
  WebConnection* connection = nullptr;  // null once the reply is complete or the connection is
                                        // closed
  static const std::shared_ptr<WebExchange>& of(const WebReply& reply) { return reply.exchange_; }

  bool bodiless = false;  // HEAD
  bool begun = false;
  bool chunked = false;
  std::optional<std::uint64_t> left;    // of a body whose length was announced
  std::optional<std::size_t> gzipFrom;  // smallest size of a reply to compress; nullopt: none
  bool takesGzip = false;
  std::unique_ptr<GzipWriter> gzip;  // of the streamed reply
  bool gone = false;                 // the peer has gone before the reply was complete
  int status = 0;
  std::uint64_t bodyBytes = 0;
  WebFields common;  // headers of every reply to it
  std::optional<AccessLogEntry> logged;
  std::function<void()> onGone;
  std::function<void()> onWritable;
  Call telling;

  // For a proxy, whose replies begin with a head alone: begin() keeps it until the first part of
  // the body, the end, or sendHeld(), so that small replies are one packet.
  bool holdHead = false;
  std::string heldHead;
  void sendHeld();
};

/// The state of a body that a WebBody shares with the connection.
struct WebBodyState {
  explicit WebBodyState(EventLoop& loopOfIt) : loop(loopOfIt) {}

  bool wanted() const noexcept { return discarded || (onPart && !paused); }
  /// Runs onEnd, in a turn of its own.
  void finish(Status how);

  EventLoop& loop;
  WebConnection* connection = nullptr;  // null: nothing more arrives
  // Shared with the call that is running: a callback may replace or destroy itself.
  std::shared_ptr<const std::function<void(std::string_view)>> onPart;
  std::function<void(const Status&)> onEnd;
  std::optional<Status> end;
  bool paused = false;
  bool discarded = false;
  Call telling;
};

/// What uses a connection after a 101, instead of HTTP. Shared by the connection and whoever holds
/// the other end. Nothing is called inside functions of WebConnection.
class WebUpgrade {
 public:
  WebUpgrade() = default;
  WebUpgrade(const WebUpgrade&) = delete;
  WebUpgrade& operator=(const WebUpgrade&) = delete;
  virtual ~WebUpgrade() = default;

  /// See HttpSocket::RawObserver.
  virtual std::size_t onBytes(std::string_view bytes) = 0;
  virtual std::size_t heldBytes() const noexcept = 0;
  /// The peer has ended its sending side.
  virtual void onPeerFinished() = 0;
  virtual void onWritable() = 0;
  /// The server stops. Must not close the connection immediately.
  virtual void onStopping() = 0;
  /// The connection is closed and must not be used any more. Must not destroy anything.
  virtual void onClosed(const Status& why) = 0;
  /// The same, because the server has been destroyed: the program gets no callback.
  virtual void onDetached() = 0;
};

/// A connection of a WebServer: reads requests one after the other, passes each to the server and
/// writes its reply.
class WebConnection final : private Socket::Observer,
                            private HttpSocket::PartObserver,
                            private HttpSocket::RawObserver {
 public:
  class Owner {
   public:
    /// Whether a handler takes the body of such a request in parts.
    virtual bool takesParts(std::string_view method, std::string_view target) = 0;
    /// May destroy the connection.
    virtual void onRequest(WebRequest request, WebBody body, WebReply reply,
                           const std::shared_ptr<WebExchange>& exchange) = 0;
    virtual void onErrorPage(Page& answer) = 0;
    virtual void onReplied(const WebExchange& exchange) = 0;
    /// The connection is closed: the observer destroys it, but later.
    virtual void onConnectionOver(WebConnection& connection) = 0;

   protected:
    ~Owner() = default;
  };

  WebConnection(EventLoop& loop, Owner& owner, std::unique_ptr<HttpSocket> socket,
                std::chrono::milliseconds idleTimeout, std::size_t highWater, std::size_t maxBody);
  WebConnection(const WebConnection&) = delete;
  WebConnection& operator=(const WebConnection&) = delete;
  ~WebConnection();

  /// The server stops: the next reply is the last, and an upgrade ends.
  void noteStopping();
  /// Whether a request that nobody answers yet may be about to come: a part of it has, or the peer
  /// has just connected. See kMessageAwaited.
  bool awaitsRequest() const;
  /// Closes if there is no request to answer. @pre noteStopping() was called
  void closeWhenIdle();

  // For WebReply. breakOff() also serves upgrades, which are not called afterwards.
  void send(WebExchange& exchange, int status, const WebFields& headers, std::string_view body);
  void begin(WebExchange& exchange, int status, const WebFields& headers,
             std::optional<std::uint64_t> length);
  bool write(WebExchange& exchange, std::string_view bytes);
  void end(WebExchange& exchange);
  /// See WebExchange::holdHead.
  void sendHeld(WebExchange& exchange);
  void breakOff();

  /// What the server answers by itself, in the form of its error pages.
  void sendError(WebExchange& exchange, int status, std::string text, WebFields headers = {});

  // For WebBody.
  void bodyWantedChanged();

  // For upgrades.
  bool isOld() const noexcept { return old_; }
  /// Whether it closes after this reply.
  bool isLast() const noexcept { return last_; }
  /// Answers with 101; the connection belongs to `upgrade` from now on. May destroy the server.
  void upgrade(WebExchange& exchange, const WebFields& headers,
               std::shared_ptr<WebUpgrade> upgrade);
  HttpSocket& socket() noexcept { return *socket_; }
  /// onBytes() with nothing new.
  void readOn() { onRawBytes({}); }
  bool belowHighWater() const noexcept {
    return highWater_ == 0 || socket_->queued() <= highWater_;
  }

 private:
  void onMessage(Message& message) override;
  bool onHead(Message& message) override;
  void onBodyPart(std::string_view part) override;
  void onRefused(const Metadata& headers, Page& answer) override;
  void onPeerFinished() override;
  void onWritable() override;
  void onClosed(Status why) override;
  std::size_t onRawBytes(std::string_view bytes) override;
  std::size_t rawBytesHeld() const noexcept override;
  bool mayCompress(WebExchange& exchange, const WebFields& headers);
  void writePart(WebExchange& exchange, std::string_view bytes);
  bool refuseMalformed(WebExchange& exchange, const WebFields& headers);
  void writeHead(WebExchange& exchange, int status, const WebFields& headers,
                 std::optional<std::uint64_t> length);
  void serve(Message& message, std::shared_ptr<WebBodyState> body);
  void bodyEnded(Status how);
  void complete(WebExchange& exchange);
  std::shared_ptr<WebExchange> finishExchange();
  void peerLeft();

  EventLoop& loop_;
  Owner& owner_;
  const std::unique_ptr<HttpSocket> socket_;
  const std::chrono::milliseconds idleTimeout_;
  const std::size_t highWater_;
  const std::size_t maxBody_;
  std::shared_ptr<WebExchange> exchange_;  // being answered
  std::shared_ptr<WebBodyState> body_;     // of the request, while it arrives in parts
  std::shared_ptr<WebUpgrade> upgrade_;    // null: HTTP
  std::string head_;                       // reused for heads
  bool last_ = false;                      // the connection closes after this reply
  bool old_ = false;                       // HTTP/1.0
  bool asked_ = false;                     // a request has come
};

}  // namespace evmicro::detail
