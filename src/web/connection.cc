#include "web/connection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http/head.h"
#include "http/head_writer.h"
#include "http/url.h"

namespace evmicro::detail {

namespace {

bool isFraming(std::string_view name) {
  const std::string canonical = canonicalHeaderName(name);
  return canonical == "Content-Length" || canonical == "Transfer-Encoding" ||
         canonical == "Connection";
}

bool mayHaveBody(int status) { return status != 204 && status != 304; }

WebFields fieldsOf(const Metadata& headers) {
  WebFields fields;
  fields.reserve(headers.size());
  for (const Metadata::Entry& entry : headers) fields.emplace_back(entry.name, entry.value);
  return fields;
}

}  // namespace

WebConnection::WebConnection(EventLoop& loop, Owner& owner, std::unique_ptr<HttpSocket> socket,
                             std::chrono::milliseconds idleTimeout, std::size_t highWater,
                             std::size_t maxBody)
    : loop_(loop),
      owner_(owner),
      socket_(std::move(socket)),
      idleTimeout_(idleTimeout),
      highWater_(highWater),
      maxBody_(maxBody) {
  socket_->observe(this);
  socket_->observeParts(this);
}

WebConnection::~WebConnection() {
  socket_->observe(nullptr);
  if (exchange_) finishExchange();
  if (upgrade_) upgrade_->onDetached();
  if (body_) body_->connection = nullptr;
}

void WebConnection::noteStopping() {
  last_ = true;
  if (upgrade_) upgrade_->onStopping();
}

bool WebConnection::awaitsRequest() const {
  if (exchange_ || upgrade_) return false;
  return socket_->awaitsRest() || (!asked_ && socket_->life().heardLately());
}

void WebConnection::closeWhenIdle() {
  if (!exchange_ && !upgrade_) socket_->close();
}

// --- requests

void WebConnection::onMessage(Message& message) {
  if (body_) return bodyEnded({});  // its parts have come
  auto none = std::make_shared<WebBodyState>(loop_);
  none->end = Status();
  serve(message, std::move(none));
}

bool WebConnection::onHead(Message& message) {
  const HttpHead& head = socket_->lastHead();
  const bool inParts = owner_.takesParts(head.method, head.target);
  const bool fits = inParts || !head.hasLength || maxBody_ == 0 || head.length <= maxBody_;
  if (head.expectsContinue && head.minorVersion > 0 && fits) {
    socket_->sendRaw("HTTP/1.1 100 Continue\r\n\r\n", {});
  }
  if (!inParts) return false;
  body_ = std::make_shared<WebBodyState>(loop_);
  body_->connection = this;
  serve(message, body_);  // may destroy this: last
  return true;
}

void WebConnection::onBodyPart(std::string_view part) {
  if (!body_ || !body_->onPart) return;
  const auto onPart = body_->onPart;
  (*onPart)(part);  // may destroy this: last
}

void WebConnection::bodyWantedChanged() {
  if (body_->wanted()) {
    socket_->resume();
  } else {
    socket_->pause();
  }
}

// The next request has to wait for the reply to this one.
void WebConnection::bodyEnded(Status how) {
  const std::shared_ptr<WebBodyState> body = std::exchange(body_, nullptr);
  body->connection = nullptr;
  if (exchange_) {
    socket_->pause();
    socket_->setIdleTimeout(std::chrono::milliseconds(0));
  }
  body->finish(std::move(how));
}

void WebConnection::serve(Message& message, std::shared_ptr<WebBodyState> body) {
  asked_ = true;
  const HttpHead& head = socket_->lastHead();
  const HttpTarget target = splitHttpTarget(head.target);
  WebRequest request;
  request.method = head.method;
  request.target = head.target;
  request.query = target.query;
  request.headers = fieldsOf(message.headers);
  request.body = message.body.toString();
  request.peerAddress = socket_->peerAddress();
  request.secure = socket_->secure();
  const std::optional<std::string> path = decodePath(target.path);
  if (path) request.path = *path;

  old_ = head.minorVersion == 0;
  last_ = last_ || head.close;
  exchange_ = std::make_shared<WebExchange>(loop_);
  exchange_->connection = this;
  exchange_->bodiless = head.method == "HEAD";
  exchange_->logged.emplace(request, head.minorVersion);
  socket_->pause();
  if (!body_) socket_->setIdleTimeout(std::chrono::milliseconds(0));  // the handler takes its time
  WebReply reply(exchange_);
  if (!path) {
    return sendError(*exchange_, 400, "malformed percent-encoding in the path\n");
  }
  owner_.onRequest(std::move(request), WebBody(std::move(body)), std::move(reply), exchange_);
}

void WebConnection::onRefused(const Metadata& /*headers*/, Page& answer) {
  owner_.onErrorPage(answer);
}

void WebConnection::onPeerFinished() {
  if (const auto upgrade = upgrade_) return upgrade->onPeerFinished();
  last_ = true;
  if (!exchange_) {
    socket_->close();
  } else {
    peerLeft();
  }
}

void WebConnection::peerLeft() {
  const std::shared_ptr<WebExchange> exchange = exchange_;
  if (std::exchange(exchange->gone, true) || !exchange->onGone) return;
  exchange->telling = loop_.defer(std::exchange(exchange->onGone, nullptr));
}

void WebConnection::onWritable() {
  if (const auto upgrade = upgrade_) return upgrade->onWritable();
  if (!exchange_ || !exchange_->onWritable) return;
  const std::function<void()> onWritable = exchange_->onWritable;  // a copy, because it may replace
                                                                   // itself
  onWritable();
}

std::size_t WebConnection::onRawBytes(std::string_view bytes) {
  const auto upgrade = upgrade_;  // this object may be destroyed meanwhile
  return upgrade ? upgrade->onBytes(bytes) : bytes.size();
}

std::size_t WebConnection::rawBytesHeld() const noexcept {
  return upgrade_ ? upgrade_->heldBytes() : 0;
}

void WebConnection::onClosed(Status why) {
  if (upgrade_) std::exchange(upgrade_, nullptr)->onClosed(why);
  if (body_)
    bodyEnded(Status::unavailable("the connection ended before the body: " + why.detail()));
  if (exchange_) {
    peerLeft();
    finishExchange();
  }
  owner_.onConnectionOver(*this);
}

// --- replies

bool WebConnection::refuseMalformed(WebExchange& exchange, const WebFields& headers) {
  for (const auto& [name, value] : headers) {
    if (isHttpToken(name) && isHttpFieldValue(value)) continue;
    sendError(exchange, 500, "the handler's reply has a malformed header\n");
    return true;
  }
  return false;
}

void WebConnection::sendError(WebExchange& exchange, int status, std::string text,
                              WebFields headers) {
  Page answer;
  answer.status = status;
  answer.body = std::move(text);
  owner_.onErrorPage(answer);
  headers.emplace_back("Content-Type", answer.contentType);
  send(exchange, answer.status, headers, answer.body);
}

// `length`: nullopt if unknown.
void WebConnection::writeHead(WebExchange& exchange, int status, const WebFields& headers,
                              std::optional<std::uint64_t> length) {
  exchange.status = status;
  if (body_) last_ = true;  // it may never be complete
  HeadWriter writer(head_);
  writer.status(status);
  if (length) {
    if (mayHaveBody(status)) writer.length(*length);
  } else if (!mayHaveBody(status)) {
    exchange.bodiless = true;
  } else if (old_) {
    last_ = true;
  } else {
    exchange.chunked = true;
    writer.field("Transfer-Encoding", "chunked");
  }
  for (const WebFields* const fields :
       {&headers,
        std::as_const(exchange.common).empty() ? nullptr : &std::as_const(exchange.common)}) {
    if (!fields) continue;
    for (const auto& [name, value] : *fields) {
      if (!isFraming(name)) writer.field(name, value);
    }
  }
  if (last_) {
    writer.field("Connection", "close");
  } else if (old_) {
    writer.field("Connection", "keep-alive");
  }
  writer.end();
}

void WebConnection::send(WebExchange& exchange, int status, const WebFields& headers,
                         std::string_view body) {
  if (status < 200 || status > 599) status = 500;
  if (refuseMalformed(exchange, headers)) return;
  std::string smaller;
  const bool large = body.size() >= exchange.gzipFrom.value_or(body.size());
  if (mayCompress(exchange, headers) && large) {
    smaller = GzipWriter().finish(body);
    body = smaller;
    writeHead(exchange, status, compressedHeaders(headers), body.size());
  } else {
    writeHead(exchange, status, headers, body.size());
  }
  if (exchange.bodiless || !mayHaveBody(status)) body = {};
  exchange.bodyBytes = body.size();
  socket_->sendRaw(head_, body);
  complete(exchange);
}

void WebConnection::begin(WebExchange& exchange, int status, const WebFields& headers,
                          std::optional<std::uint64_t> length) {
  if (exchange.begun || refuseMalformed(exchange, headers)) return;
  if (status < 200 || status > 599) status = 500;
  if (!length && mayHaveBody(status) && mayCompress(exchange, headers)) {
    exchange.gzip = std::make_unique<GzipWriter>();
  }
  writeHead(exchange, status, exchange.gzip ? compressedHeaders(headers) : headers, length);
  if (!mayHaveBody(exchange.status)) exchange.bodiless = true;
  exchange.left = length;
  exchange.begun = true;
  if (exchange.holdHead) {
    exchange.heldHead = head_;
  } else {
    socket_->sendRaw(head_, {});
  }
}

void WebExchange::sendHeld() {
  if (connection) connection->sendHeld(*this);
}

void WebConnection::sendHeld(WebExchange& exchange) {
  if (!exchange.heldHead.empty()) socket_->sendRaw(std::exchange(exchange.heldHead, {}), {});
}

bool WebConnection::write(WebExchange& exchange, std::string_view bytes) {
  if (exchange.left) {
    bytes = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), *exchange.left));
    *exchange.left -= bytes.size();
  }
  if (!bytes.empty() && !exchange.bodiless) {
    if (exchange.gzip) {
      writePart(exchange, exchange.gzip->write(bytes));
    } else {
      writePart(exchange, bytes);
    }
  }
  return belowHighWater();
}

void WebConnection::writePart(WebExchange& exchange, std::string_view bytes) {
  if (bytes.empty()) return;
  exchange.bodyBytes += bytes.size();
  if (!exchange.chunked) {
    return socket_->sendRaw(std::exchange(exchange.heldHead, {}), bytes);
  }
  std::array<char, 20> size;
  const auto digits = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  head_ = std::exchange(exchange.heldHead, {});
  head_.append(size.data(), digits).append("\r\n").append(bytes).append("\r\n");
  socket_->sendRaw(head_, {});
}

// Whether to compress; says so in Vary if that depends on the client.
bool WebConnection::mayCompress(WebExchange& exchange, const WebFields& headers) {
  if (!exchange.gzipFrom || !isCompressible(headers)) return false;
  exchange.common.emplace_back("Vary", "Accept-Encoding");
  return exchange.takesGzip;
}

void WebConnection::end(WebExchange& exchange) {
  if (exchange.left.value_or(0) > 0 && !exchange.bodiless) return breakOff();
  if (exchange.gzip && !exchange.bodiless) writePart(exchange, exchange.gzip->finish({}));
  sendHeld(exchange);
  if (exchange.chunked && !exchange.bodiless) socket_->sendRaw("0\r\n\r\n", {});
  complete(exchange);
}

// The exchange is over; the next request may follow.
void WebConnection::complete(WebExchange& exchange) {
  const std::shared_ptr<WebExchange> done = finishExchange();
  if (last_) {
    socket_->close();
  } else {
    socket_->setIdleTimeout(idleTimeout_);
    socket_->resume();
  }
  owner_.onReplied(exchange);  // the program's log may destroy this: last
}

std::shared_ptr<WebExchange> WebConnection::finishExchange() {
  exchange_->connection = nullptr;
  exchange_->onGone = nullptr;
  exchange_->onWritable = nullptr;
  return std::move(exchange_);
}

void WebBodyState::finish(Status how) {
  end = std::move(how);
  if (!onEnd) return;
  telling = loop.defer([tell = std::exchange(onEnd, nullptr), how = *end] { tell(how); });
}

void WebConnection::upgrade(WebExchange& exchange, const WebFields& headers,
                            std::shared_ptr<WebUpgrade> upgrade) {
  exchange.status = 101;
  HeadWriter writer(head_);
  writer.status(101).field("Connection", "Upgrade");
  for (const auto& [name, value] : headers) {
    if (!isFraming(name)) writer.field(name, value);
  }
  writer.end();
  const std::shared_ptr<WebExchange> done = finishExchange();
  upgrade_ = std::move(upgrade);
  socket_->sendRaw(head_, {});
  socket_->switchToRaw(*this);
  socket_->resume();
  owner_.onReplied(exchange);  // the program's log may destroy this: last
}

void WebConnection::breakOff() {
  if (exchange_) finishExchange();
  if (body_) bodyEnded(Status::unavailable("the reply was broken off"));
  const auto upgrade = std::move(upgrade_);  // destroyed when this returns
  socket_->abort();
  owner_.onConnectionOver(*this);
}

}  // namespace evmicro::detail
