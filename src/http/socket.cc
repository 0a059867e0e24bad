#include "http/socket.h"

#include <algorithm>
#include <charconv>

#include <sys/socket.h>

#include "base/version.h"
#include "http/message_headers.h"
#include "http/page.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLinger{1'000};
constexpr milliseconds kFlush{30'000};      // without a byte taken by the peer
constexpr std::uint64_t kForever = 86'400;  // seconds, told to peers when there is no idle time-out
constexpr std::size_t kPausedInput = 64U << 10;  // read ahead of a paused observer

void appendNumber(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

// What came behind the first request.
Buffer takeInput(const TakenConnection& connection) {
  Buffer input;
  evbuffer* const bytes = bufferevent_get_input(connection.stream());
  if (evbuffer_get_length(bytes) > 0) evbuffer_add_buffer(input.raw(), bytes);
  return input;
}

HttpReader::Limits limitsOf(std::size_t headerBytes, std::size_t bodyBytes) {
  HttpReader::Limits limits;
  limits.headerBytes = headerBytes;
  limits.bodyBytes = bodyBytes;
  return limits;
}

}  // namespace

HttpSocket::HttpSocket(EventLoop& loop, TakenConnection connection, const HttpHead& firstHead,
                       const ListenOptions& options)
    : role_(HttpReader::Role::kRequests),
      highWater_(options.highWaterBytes),
      messageTimeout_(options.messageTimeout),
      idleTimeout_(options.idleTimeout),
      loop_(loop),
      reader_(role_, limitsOf(options.maxHeaderBytes, options.maxBodyBytes)),
      unread_(takeInput(connection)),
      peerClosesNext_(firstHead.close),
      lastActivity_(Clock::now()),
      timer_(loop, [this] { onTimer(); }),
      stream_(loop, std::move(connection), *this) {
  stream_.setLowWater(highWater_ / 2);
  if (idleTimeout_.count() > 0) arm(lastActivity_ + idleTimeout_);
}

HttpSocket::HttpSocket(EventLoop& loop, evdns_base* dns, const std::string& host, int port,
                       std::string authority, const DialOptions& options, std::string target)
    : role_(HttpReader::Role::kReplies),
      authority_(std::move(authority)),
      target_(std::move(target)),
      highWater_(options.highWaterBytes),
      messageTimeout_(0),
      idleTimeout_(0),
      loop_(loop),
      reader_(role_, limitsOf(options.maxHeaderBytes, options.maxBodyBytes)),
      lastActivity_(Clock::now()),
      timer_(loop, [this] { onTimer(); }),
      stream_(loop, dns, host, port, *this) {
  stream_.setLowWater(highWater_ / 2);
  if (options.connectTimeout.count() > 0) arm(lastActivity_ + options.connectTimeout);
}

HttpSocket::~HttpSocket() {
  if (destroyed_) *destroyed_ = true;
}

void HttpSocket::observe(Socket::Observer* observer) {
  observer_ = observer;
  if (!observer_) return;
  if (untold_) {
    timer_.start(milliseconds(0));
  } else {
    catchUp();
  }
}

// --- sending

void HttpSocket::writeHeaders(const Metadata& headers, std::size_t bodySize) {
  appendNumber(head_.append("Content-Length: "), bodySize);
  head_.append("\r\n");
  for (const Metadata::Entry& entry : headers) {
    if (!isCarriedHeader(entry.name)) continue;
    head_.append(entry.name).append(": ");
    appendHeaderValue(head_, entry.value);
    head_.append("\r\n");
  }
}

void HttpSocket::writeReplyHead(const Metadata& headers, std::size_t bodySize) {
  head_ = "HTTP/1.1 200 OK\r\n";
  writeHeaders(headers, bodySize);
  // Says that more requests may follow; Go's servers of 2016 cannot say this.
  if (!headers.has("Connection")) {
    if (peerClosesNext_) {
      head_ += "Connection: close\r\n";
    } else {
      head_ += "Keep-Alive: timeout=";
      const auto idle = std::chrono::duration_cast<std::chrono::seconds>(idleTimeout_).count();
      appendNumber(head_, idle > 0 ? static_cast<std::uint64_t>(idle) : kForever);
      head_ += "\r\n";
    }
  }
  head_ += "\r\n";
}

void HttpSocket::writeRequestHead(const Metadata& headers, std::size_t bodySize) {
  head_ = "POST ";
  head_.append(target_).append(" HTTP/1.1\r\nHost: ").append(authority_).append("\r\n");
  if (!headers.has("User-Agent")) head_ += "User-Agent: evmicro/" EVMICRO_VERSION "\r\n";
  writeHeaders(headers, bodySize);
  head_ += "\r\n";
}

void HttpSocket::writePageHead(const Page& page, bool last) {
  head_ = "HTTP/1.1 " + std::to_string(page.status) + " ";
  head_.append(statusText(page.status)).append("\r\nContent-Length: ");
  appendNumber(head_, page.body.size());
  for (const auto& [name, value] : pageHeaders(page)) {
    head_.append("\r\n").append(name).append(": ").append(value);
  }
  if (last) {
    head_ += "\r\nConnection: close";
  } else if (reader_.head().minorVersion == 0) {
    head_ += "\r\nConnection: keep-alive";
  }
  head_ += "\r\n\r\n";
}

void HttpSocket::write(Buffer& body) {
  if (!pumping_) touch();  // it has just been noted
  stream_.write(head_, body);
  if (highWater_ > 0 && stream_.queued() > highWater_) slow_ = true;
}

void HttpSocket::send(const Metadata& headers, Buffer&& body) {
  Buffer content(std::move(body));
  if (end_ != End::kNone) return;
  if (role_ == HttpReader::Role::kRequests) {
    writeReplyHead(headers, content.size());
  } else {
    writeRequestHead(headers, content.size());
  }
  if (!content.rawIfAny()) {  // a few kilobytes at most: cheaper to copy than to send by pieces
    head_.append(content.contiguous());
    content.clear();
  }
  write(content);
}

void HttpSocket::finishSending() {
  if (end_ != End::kNone) return;
  end_ = End::kFinishing;
  if (stream_.connected() && stream_.queued() == 0) {
    stream_.shutdownWrite();
  } else {
    stream_.setLowWater(0);
  }
}

void HttpSocket::close() {
  if (end_ == End::kClosing || end_ == End::kDraining || end_ == End::kClosed) return;
  end_ = End::kClosing;
  first_.reset();
  stream_.setLowWater(0);
  stream_.startReading();
  readingStopped_ = false;
  if (stream_.connected()) startClosing();  // else once it is
}

// In a later turn when nothing is queued: flushed() may end in onClosed.
void HttpSocket::startClosing() {
  unflushed_ = stream_.queued();
  timer_.start(unflushed_ == 0 ? milliseconds(0) : std::max(idleTimeout_, kFlush));
}

void HttpSocket::abort() {
  end_ = End::kClosed;
  timer_.stop();
  stream_.reset();
  observer_ = nullptr;
}

// All that was queued is out, and nothing more will come.
void HttpSocket::flushed() {
  stream_.shutdownWrite();
  if (end_ != End::kClosing) return;
  end_ = End::kDraining;
  if (sawEof_) {
    closed({});
    return;
  }
  timer_.start(kLinger);
}

// --- reading

void HttpSocket::deliverFirst(Message& message) {
  touch();
  if (!mayDeliver()) {
    first_ = std::make_unique<Message>(std::move(message));
    return;
  }
  bool destroyed = false;
  destroyed_ = &destroyed;
  pumping_ = true;
  observer_->onMessage(message);
  if (destroyed) return;
  destroyed_ = nullptr;
  pumping_ = false;
  if (!unread_.empty()) stream_.wake();
}

// A peer that asks on and on without taking the answers gets no more of them. Dialled ends do not
// wait so: if both did, both could wait for ever.
bool HttpSocket::heldBack() const noexcept { return slow_ && role_ == HttpReader::Role::kRequests; }

bool HttpSocket::mayDeliver() const noexcept {
  return observer_ && !paused_ && !heldBack() && (end_ == End::kNone || end_ == End::kFinishing);
}

void HttpSocket::resume() {
  paused_ = false;
  catchUp();
}

// Something that kept messages back is gone: sees to it that they come in a later turn.
void HttpSocket::catchUp() {
  if (pumping_) return;
  if (readingStopped_ && !paused_ && !heldBack()) {
    stream_.startReading();
    readingStopped_ = false;
  }
  touch();
  const bool waiting = first_ || !unread_.empty();
  if (waiting || (sawEof_ && !toldEof_)) stream_.wake();
}

void HttpSocket::onBytes(std::string_view bytes) {
  if (end_ == End::kClosing || end_ == End::kDraining) return;  // of no use any more
  touch();
  if (unread_.empty()) {
    pump(bytes);
  } else {
    unread_.append(bytes);
    readAll();
  }
}

void HttpSocket::onWoken() {
  if (end_ == End::kClosing || end_ == End::kDraining) return;
  touch();
  readAll();
}

void HttpSocket::readAll() { pump(unread_.contiguous()); }

// Delivers the messages in `input`: in unread_, or bytes that are read in place because nothing
// came before them.
void HttpSocket::pump(std::string_view input) {
  bool destroyed = false;
  destroyed_ = &destroyed;
  pumping_ = true;
  rest_ = input;
  if (first_ && mayDeliver()) {
    const auto first = std::move(first_);
    observer_->onMessage(*first);
    if (destroyed) return;
  }
  auto progress = HttpReader::Progress::kMessage;
  while (mayDeliver() && progress == HttpReader::Progress::kMessage) {
    progress = reader_.read(rest_);
    if (progress != HttpReader::Progress::kMessage) break;
    messageStart_ = {};
    if (!deliver(reader_.message())) return;
  }
  keepRest();
  if (progress == HttpReader::Progress::kRefused) {
    refuse(reader_.refusal());
    return;
  }
  if (sawEof_) {
    endOfInput();
    return;
  }
  stopReadingWhenFull();
  watchMessageTime();
}

// Ends the pumping. What is in unread_ already stays there.
void HttpSocket::keepRest() {
  destroyed_ = nullptr;
  pumping_ = false;
  const std::string_view rest = std::exchange(rest_, {});
  if (unread_.empty()) {
    unread_.append(rest);
  } else {
    unread_.drain(unread_.size() - rest.size());
  }
}

void HttpSocket::watchMessageTime() {
  if (!mayDeliver() || messageTimeout_.count() <= 0 || !reader_.midMessage(unread_.size())) return;
  if (messageStart_ == Clock::time_point{}) messageStart_ = Clock::now();
  arm(messageStart_ + messageTimeout_);
}

// Returns whether this object is still there.
bool HttpSocket::deliver(Message& message) {
  bool* const destroyed = destroyed_;
  if (role_ == HttpReader::Role::kRequests) {
    peerClosesNext_ = reader_.head().close;
    if (reader_.head().method != "POST") return servePage(message);
  } else {
    acceptReply(message);
  }
  observer_->onMessage(message);
  if (*destroyed) return false;
  message.body.clear();
  message.headers.clear();
  return true;
}

// A request that is no message. Returns whether this object is still there and goes on.
bool HttpSocket::servePage(Message& message) {
  bool* const destroyed = destroyed_;
  const HttpHead& head = reader_.head();
  const Page page = asksForPage(head.method) ? observer_->onPage(splitHttpTarget(head.target).path)
                                             : methodNotAllowed();
  if (*destroyed) return false;
  message.body.clear();
  message.headers.clear();
  if (end_ != End::kNone) return true;
  const bool last = page.close || peerClosesNext_;
  writePageHead(page, last);
  Buffer body(head.method == "HEAD" ? std::string() : page.body);
  write(body);
  if (!last) return true;
  keepRest();
  close();
  return false;
}

void HttpSocket::acceptReply(const Message& message) {
  peerClosesNext_ = reader_.head().close;
  peerKeepsAlive_ = message.headers.has("Keep-Alive");
}

void HttpSocket::stopReadingWhenFull() {
  if (mayDeliver() || readingStopped_) return;
  if (unread_.size() < kPausedInput) return;
  stream_.stopReading();
  readingStopped_ = true;
}

void HttpSocket::refuse(const HttpRefusal& refusal) {
  if (role_ == HttpReader::Role::kReplies) {
    closed(Status::internal("bad reply from " + authority_ + ": " + std::string(refusal.reason)));
    return;
  }
  stream_.noteRefusal(refusal);
  if (end_ == End::kNone) {
    head_ = "HTTP/1.1 " + std::to_string(refusal.status) + " ";
    head_.append(statusText(refusal.status));
    head_ += "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ";
    appendNumber(head_, refusal.reason.size() + 1);
    head_ += "\r\n\r\n";
    Buffer body(std::string(refusal.reason) + "\n");
    stream_.write(head_, body);
  }
  close();
}

void HttpSocket::onEof() {
  sawEof_ = true;
  if (end_ == End::kDraining) {
    closed({});
    return;
  }
  if (end_ == End::kClosing) return;  // flushed() will see it
  readAll();
}

// The peer has ended its side. What it had sent has been delivered, unless the observer is paused.
void HttpSocket::endOfInput() {
  if (toldEof_ || end_ == End::kClosing || end_ == End::kDraining || end_ == End::kClosed) return;
  const bool waiting = first_ || !unread_.empty();
  if (!observer_ || (!mayDeliver() && waiting)) return;  // catchUp() comes back here
  toldEof_ = true;
  const auto progress = reader_.finish(unread_);
  if (progress == HttpReader::Progress::kRefused) {
    closed(
        Status::internal("connection to " + peerAddress() + " closed in the middle of a message"));
    return;
  }
  bool destroyed = false;
  destroyed_ = &destroyed;
  if (progress == HttpReader::Progress::kMessage) {
    if (role_ == HttpReader::Role::kReplies) acceptReply(reader_.message());
    observer_->onMessage(reader_.message());
    if (destroyed) return;
  }
  destroyed_ = nullptr;
  if (observer_) observer_->onPeerFinished();  // may destroy this: last
}

// --- events of the stream

void HttpSocket::onConnected() {
  timer_.stop();
  armed_ = {};
  touch();
  if (end_ == End::kClosing) {
    startClosing();
  } else if (end_ == End::kFinishing && stream_.queued() == 0) {
    stream_.shutdownWrite();
  }
  if (end_ != End::kClosing && idleTimeout_.count() > 0) arm(lastActivity_ + idleTimeout_);
}

void HttpSocket::onDrained() {
  touch();
  const bool finishing = end_ == End::kFinishing || end_ == End::kClosing;
  if (finishing && stream_.queued() == 0) {
    slow_ = false;
    catchUp();
    flushed();
    return;
  }
  if (!slow_ || stream_.queued() > highWater_ / 2) return;
  slow_ = false;
  catchUp();
  if (observer_) observer_->onWritable();  // may destroy this: last
}

void HttpSocket::onError(Status why) {
  const bool done = end_ == End::kDraining || (end_ == End::kClosing && stream_.queued() == 0);
  if (done && stream_.connected()) {
    closed({});
    return;
  }
  const std::string peer = role_ == HttpReader::Role::kReplies ? authority_ : peerAddress();
  closed(peer.empty() ? std::move(why) : std::move(why).withContext(peer));
}

// Tells the end; this object may be gone afterwards.
void HttpSocket::closed(Status why) {
  if (end_ == End::kClosed) return;
  end_ = End::kClosed;
  timer_.stop();
  stream_.stopReading();
  if (observer_) {
    observer_->onClosed(std::move(why));
  } else {
    untold_ = std::move(why);
  }
}

// --- time

void HttpSocket::arm(Clock::time_point when) {
  if (timer_.running() && armed_ <= when) return;  // it looks again when it fires
  armed_ = when;
  timer_.start(when - Clock::now());
}

void HttpSocket::setIdleTimeout(milliseconds timeout) {
  idleTimeout_ = timeout;
  touch();
  if (end_ == End::kNone && stream_.connected() && timeout.count() > 0) {
    arm(lastActivity_ + timeout);
  }
}

// One timer serves all: activity only notes the time, and the timer starts again when it fires
// early. A call costs no timer operation.
void HttpSocket::onTimer() {
  armed_ = {};
  if (untold_) {
    if (observer_) observer_->onClosed(*std::exchange(untold_, std::nullopt));
  } else if (!stream_.connected()) {
    closed(Status::unavailable(authority_ + ": connect: timed out"));
  } else if (end_ == End::kClosing) {
    goOnClosing();
  } else if (end_ == End::kDraining) {
    closed({});
  } else {
    checkTimes();
  }
}

void HttpSocket::goOnClosing() {
  if (stream_.queued() == 0) {
    flushed();
  } else if (stream_.queued() < unflushed_) {
    startClosing();  // the peer is slow, but it reads
  } else {
    closed(Status::internal(peerAddress() + ": closed with " + std::to_string(stream_.queued()) +
                            " bytes that the peer does not read"));
  }
}

void HttpSocket::checkTimes() {
  const auto now = Clock::now();
  if (messageStart_ != Clock::time_point{}) {
    if (now >= messageStart_ + messageTimeout_) {
      HttpRefusal refusal;
      refusal.status = 408;
      refusal.reason = "the request did not arrive in time";
      refuse(refusal);
      return;
    }
    arm(messageStart_ + messageTimeout_);
  }
  if (idleTimeout_.count() <= 0) return;
  const bool busy = paused_ && stream_.queued() == 0;  // our side is at work
  if (!busy && now >= lastActivity_ + idleTimeout_) {
    stream_.shutdownWrite();
    closed({});
    return;
  }
  arm(busy ? now + idleTimeout_ : lastActivity_ + idleTimeout_);
}

bool HttpSocket::reusable() const noexcept {
  if (role_ == HttpReader::Role::kRequests) return end_ == End::kNone && !peerClosesNext_;
  return end_ == End::kNone && !sawEof_ && peerKeepsAlive_ && !peerClosesNext_ &&
         stream_.connected() && unreadSize() == 0;
}

std::string HttpSocket::peerAddress() const { return peerAddressOf(stream_.fd()); }
std::string HttpSocket::localAddress() const { return localAddressOf(stream_.fd()); }

}  // namespace evmicro::detail
