#include "gateway/http_proxy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include <evmicro/timer.h>

#include "gateway/errors.h"
#include "http/socket.h"
#include "web/header_tokens.h"

namespace evmicro::gateway {

using detail::HttpSocket;
using detail::WebExchange;

namespace {

DialOptions dialOptions(const HttpProxyOptions& options) {
  DialOptions dial;
  dial.maxHeaderBytes = options.maxHeaderBytes;
  dial.highWaterBytes = options.highWaterBytes;
  return dial;
}

// The server has checked the header.
std::uint64_t lengthOf(const WebRequest& request) {
  const std::string_view text = findField(request.headers, "Content-Length").value_or("");
  std::uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

}  // namespace

// One request on its way.
class HttpProxy::Forward final : private Socket::Observer, private HttpSocket::PartObserver {
 public:
  Forward(HttpProxy& proxy, HttpBackend backend, WebRequest request, WebBody body, WebReply reply,
          ForwardOptions options)
      : proxy_(proxy),
        backend_(std::move(backend)),
        pooled_((backend_.tlsNode ? "tls " : "") + backend_.address),
        request_(std::move(request)),
        options_(std::move(options)),
        chunked_(findField(request_.headers, "Transfer-Encoding").has_value()),
        unsent_(chunked_ ? 0 : lengthOf(request_)),
        bodiless_(!chunked_ && unsent_ == 0),
        webSocket_(asksForWebSocket(request_)),
        reply_(std::move(reply)),
        body_(std::move(body)),
        timer_(proxy.loop_, [this] { onTimer(); }) {}

  Forward(const Forward&) = delete;
  Forward& operator=(const Forward&) = delete;
  ~Forward() {
    if (socket_) socket_->observe(nullptr);
  }

  void start() {
    reply_.onGone([this] { proxy_.over(*this); });
    reply_.onWritable([this] { socket_->resume(); });
    // What follows a request for a WebSocket could not be sent again.
    if (!connect(!webSocket_)) return;
    body_.onEnd([this](const Status& how) { onBodyEnd(how); });
    if (bodiless_) return;
    body_.onPart([this](std::string_view part) { onRequestPart(part); });
    // Behind the first part, if that has come already.
    if (!head_.empty()) timer_.start(std::chrono::seconds(0));
  }

 private:
  // False: it has failed, and this object is gone.
  bool connect(bool mayReuse) {
    if (mayReuse) {
      auto kept = proxy_.idle_.take(pooled_).socket;
      socket_.reset(static_cast<HttpSocket*>(kept.release()));
      reused_ = socket_ != nullptr;
    }
    if (!socket_) {
      auto dialled = proxy_.dial(backend_);
      if (!dialled.ok()) {
        fail(502, dialled.status().detail());
        return false;
      }
      socket_ = std::move(*dialled);
    }
    socket_->observeParts(this);
    socket_->observe(this);
    if (request_.method == "HEAD") socket_->expectNoBody();
    head_.clear();
    writeForwardedHead(head_, request_, options_);
    if (bodiless_) sendHead({});
    return true;
  }

  // With the first part of the body in one packet, if there is one.
  void sendHead(std::string_view part) { socket_->sendRaw(std::exchange(head_, {}), part); }

  // --- the request

  void onRequestPart(std::string_view part) {
    if (!begun_) timer_.stop();
    if (chunked_) {
      std::array<char, 20> size;
      const auto end = std::to_chars(size.data(), size.data() + size.size(), part.size(), 16).ptr;
      head_.append(size.data(), end).append("\r\n").append(part).append("\r\n");
      sendHead({});
    } else {
      sendHead(part);
      // Its end is told in a turn of its own, and the reply may be there before.
      unsent_ -= std::min<std::uint64_t>(unsent_, part.size());
      if (unsent_ == 0) sent_ = true;
    }
    if (socket_->queued() > proxy_.options_.highWaterBytes) body_.pause();
  }

  void onBodyEnd(const Status& how) {
    if (!how.ok()) return proxy_.over(*this);  // the client has gone
    sent_ = true;
    if (!begun_) timer_.stop();
    if (chunked_) head_ += "0\r\n\r\n";
    if (!head_.empty()) sendHead({});
    if (!begun_ && proxy_.options_.replyTimeout.count() > 0) {
      timer_.start(proxy_.options_.replyTimeout);
    }
  }

  void onWritable() override { body_.resume(); }

  // --- the reply

  bool onHead(Message& message) override {
    begin(message);
    return true;
  }

  void begin(const Message& message) {
    begun_ = true;
    timer_.stop();
    socket_->setIdleTimeout(proxy_.options_.idleTimeout);
    const detail::HttpHead& head = socket_->lastHead();
    std::optional<std::uint64_t> length;
    if (head.hasLength) length = head.length;
    if (const auto& exchange = WebExchange::of(reply_)) exchange->holdHead = true;
    reply_.begin(head.status, forwardedReply(message.headers), length);
    timer_.start(std::chrono::seconds(0));  // behind the first part, if that has come with the head
  }

  void onBodyPart(std::string_view part) override {
    if (!reply_.write(part)) socket_->pause();
  }

  void onMessage(Message& message) override {
    if (socket_->lastHead().status == 101) return switchProtocol(message);
    if (!begun_) begin(message);
    reply_.onGone(nullptr);
    reply_.end();
    socket_->observe(nullptr);
    socket_->observeParts(nullptr);
    // Else the rest of the request would be taken for the next.
    if (sent_ || bodiless_) proxy_.idle_.give(pooled_, {std::move(socket_), 0});
    proxy_.over(*this);
  }

  void switchProtocol(Message& message) {
    if (!webSocket_) return fail(502, "101 without a request for it");
    const std::string_view protocol = message.headers.get("Upgrade").value_or("");
    if (!detail::equalsIgnoringCase(protocol, kWebSocket)) return fail(502, "101 to no WebSocket");
    WebFields headers = forwardedReply(message.headers);
    headers.emplace_back("Upgrade", protocol);
    reply_.onGone(nullptr);
    socket_->pause();
    socket_->observeParts(nullptr);
    proxy_.tunnel(reply_, headers, std::move(socket_));
    proxy_.over(*this);
  }

  void onPeerFinished() override { onClosed(Status::unavailable("the backend has closed")); }

  void onClosed(Status why) override {
    const bool again = reused_ && !begun_ && bodiless_;
    if (!again) return fail(502, why.detail());
    reused_ = false;
    socket_->observe(nullptr);
    proxy_.loop_.deleteLater(std::move(socket_));
    static_cast<void>(connect(false));
  }

  // --- failures

  void onTimer() {
    if (begun_) {
      if (const auto& exchange = WebExchange::of(reply_)) exchange->sendHeld();
      return;
    }
    if (!head_.empty()) return sendHead({});
    fail(504, "no reply in time");
  }

  // Once the reply has begun, dropping it breaks the client's connection.
  void fail(int status, const std::string& why) {
    reply_.onGone(nullptr);
    if (!begun_) {
      answer(reply_, Status::error(status, proxy_.options_.id, backend_.address + ": " + why));
    }
    proxy_.over(*this);
  }

  HttpProxy& proxy_;
  const HttpBackend backend_;
  const std::string pooled_;  // the name of its connections that are kept
  const WebRequest request_;
  const ForwardOptions options_;
  const bool chunked_;    // the body of the request
  std::uint64_t unsent_;  // bytes of it, if its length is known
  const bool bodiless_;   // there is none
  const bool webSocket_;  // the request asks for one
  bool reused_ = false;
  bool sent_ = false;   // the request is complete
  bool begun_ = false;  // the reply
  std::string head_;    // of the request, while it waits for the first part of the body
  std::unique_ptr<HttpSocket> socket_;
  WebReply reply_;
  WebBody body_;
  Timer timer_;
};

HttpProxy::HttpProxy(EventLoop& loop, HttpProxyOptions options)
    : loop_(loop),
      options_(std::move(options)),
      shared_(std::make_shared<detail::HttpSocketShared>(loop, dialOptions(options_))),
      dialler_(loop),
      tls_(std::make_shared<const TlsOptions>(options_.tls)),
      idle_(options_.idleConnections, options_.keepIdle) {
  shared_->limits.heads = true;
  shared_->limits.keepRepeated = true;
  shared_->peersKeepAlive = true;
}

HttpProxy::~HttpProxy() {
  for (const auto& [tunnel, owned] : tunnels_) tunnel->breakOff();
  const auto forwards = std::move(forwards_);  // they may call over()
  forwards_.clear();
}

void HttpProxy::forward(const HttpBackend& backend, WebRequest request, WebBody body,
                        WebReply reply, ForwardOptions options) {
  const std::shared_ptr<WebExchange> exchange = WebExchange::of(reply);
  options.secure = exchange->connection && exchange->connection->socket().secure();
  auto forward = std::make_unique<Forward>(*this, backend, std::move(request), std::move(body),
                                           std::move(reply), std::move(options));
  Forward& begun = *forward;
  forwards_.emplace(&begun, std::move(forward));
  begun.start();
}

Result<std::unique_ptr<HttpSocket>> HttpProxy::dial(const HttpBackend& backend) {
  DialOptions how;
  if (backend.tlsNode) {
    how.tls = tls_;
    how.tlsNode = *backend.tlsNode;
  }
  auto stream = dialler_.dialStream(backend.address, how);
  if (!stream.ok()) return std::move(stream).status();
  return std::make_unique<HttpSocket>(
      shared_, std::move(*stream),
      HttpSocket::Destination{backend.address, backend.address, "/", options_.connectTimeout});
}

void HttpProxy::tunnel(WebReply& reply, const WebFields& headers,
                       std::unique_ptr<HttpSocket> backend) {
  const std::shared_ptr<WebExchange> exchange = WebExchange::of(reply);
  detail::WebConnection* const client = exchange->connection;
  if (!client || client->isOld() || client->isLast()) {
    loop_.deleteLater(std::move(backend));
    return answer(reply, Status::error(503, options_.id, "the connection is about to close"));
  }
  auto tunnel =
      std::make_shared<HttpTunnel>(loop_, *client, std::move(backend), options_.highWaterBytes,
                                   options_.tunnelIdleTimeout, [this](HttpTunnel& over) {
                                     const auto found = tunnels_.find(&over);
                                     loop_.deleteLater(std::move(found->second));
                                     tunnels_.erase(found);
                                   });
  tunnels_.emplace(tunnel.get(), tunnel);
  client->upgrade(*exchange, headers, tunnel);
  tunnel->start();
}

void HttpProxy::over(Forward& forward) {
  const auto found = forwards_.find(&forward);
  if (found == forwards_.end()) return;
  loop_.deleteLater(std::move(found->second));
  forwards_.erase(found);
}

}  // namespace evmicro::gateway
