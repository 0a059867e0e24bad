#include "http/socket.h"

#include <algorithm>
#include <utility>

#include <evmicro/version.h>

#include "base/counted.h"
#include "http/head_writer.h"
#include "http/page.h"
#include "http/protocol.h"
#include "http2/handover.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFlush{30'000};           // without any byte accepted by the peer
constexpr std::uint64_t kForever = 86'400;       // seconds, announced if there is no idle timeout
constexpr std::size_t kPausedInput = 64U << 10;  // read ahead of a paused observer
// A pooled connection that was used within this time is considered alive: the loop would have
// reported its end. Later it is checked with a system call, because the loop of a blocking program
// may not have turned.
constexpr milliseconds kSurelyAlive{10};

constexpr HttpRefusal kTlsRefusal{400, "this port does not speak TLS"};
constexpr HttpRefusal kPlainRefusal{400, "this port speaks TLS only (https)"};
constexpr HttpRefusal kHttp2Refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};

}  // namespace

HttpSocket::HttpSocket(std::shared_ptr<HttpSocketShared> shared, std::unique_ptr<ByteStream> stream)
    : shared_(std::move(shared)),
      life_(shared_->deadlines, *this),
      reader_(HttpRole::kRequests, shared_->limits, shared_->message),
      stream_(std::move(stream)) {
  shared_->admission.add(*this);
  stream_->observe(*this);
  stream_->setLowWater(shared_->highWaterBytes / 2);
  life_.setIdleTimeout(shared_->startIdleTimeout);
}

HttpSocket::HttpSocket(std::shared_ptr<HttpSocketShared> shared, std::unique_ptr<ByteStream> stream,
                       Destination destination)
    : shared_(std::move(shared)),
      destination_(std::make_unique<const Destination>(std::move(destination))),
      life_(shared_->deadlines, *this),
      reader_(HttpRole::kReplies, shared_->limits, shared_->message),
      stream_(std::move(stream)) {
  stream_->observe(*this);
  stream_->setLowWater(shared_->highWaterBytes / 2);
  life_.startConnecting(destination_->connectTimeout);
}

HttpSocket::Rare& HttpSocket::rare() {
  if (!rare_) rare_ = std::make_unique<Rare>();
  return *rare_;
}

HttpSocket::~HttpSocket() {
  if (accepted()) {
    shared_->admission.remove(*this);
    shared_->memory.forget(*this);
  }
  if (destroyed_) *destroyed_ = true;
}

void HttpSocket::observe(Socket::Observer* observer) {
  const bool endUntold = life_.observe(observer);
  if (!observer) return;
  if (endUntold) {
    stream_->wake();
  } else {
    catchUp();
  }
}

// --- sending

void HttpSocket::writeReplyHead(int status, const Metadata& headers, std::size_t bodySize) {
  HeadWriter writer(shared_->head);
  writer.status(status).length(bodySize).carried(headers);
  if (!headers.has("Connection")) {
    if (peerClosesNext_) {
      writer.field("Connection", "close");
    } else {
      // Announces that more requests may follow; Go's servers of 2016 do not send it.
      const auto idle = std::chrono::duration_cast<std::chrono::seconds>(life_.idleTimeout());
      writer.field("Keep-Alive", "timeout=",
                   idle.count() > 0 ? static_cast<std::uint64_t>(idle.count()) : kForever);
      if (peerIsOld_) writer.field("Connection", "keep-alive");
    }
  }
  writer.end();
}

void HttpSocket::writeRequestHead(const Metadata& headers, std::size_t bodySize) {
  HeadWriter writer(shared_->head);
  writer.request("POST", destination_->target, destination_->host);
  if (!headers.has("User-Agent")) writer.field("User-Agent", "evmicro/" EVMICRO_VERSION);
  writer.length(bodySize).carried(headers).end();
}

void HttpSocket::write(Buffer& body) {
  if (!rest_) life_.touch();  // it has just been recorded
  const std::size_t size = shared_->head.size() + body.size();
  stream_->write(shared_->head, body);
  const std::size_t queued = stream_->queued();
  if (queued == 0 && !rare_) return;
  life_.noteQueued(queued, shared_->highWaterBytes);
  if (!accepted()) return;
  watchReader(size);
  if (queued > 0) noteHeld();
}

void HttpSocket::send(const Metadata& headers, Buffer&& body) {
  sendWith(200, headers, std::move(body));
}

void HttpSocket::sendRefusal(int status, const Metadata& headers, Buffer&& body) {
  sendWith(status, headers, std::move(body));
}

// `status` is that of a reply.
void HttpSocket::sendWith(int status, const Metadata& headers, Buffer&& body) {
  Buffer content(std::move(body));
  if (!life_.open()) return;
  if (accepted()) {
    writeReplyHead(status, headers, content.size());
  } else {
    writeRequestHead(headers, content.size());
  }
  if (!content.rawIfAny()) {  // a few kilobytes at most: copying is cheaper than sending pieces
    shared_->head.append(content.contiguous());
    content.clear();
  }
  write(content);
}

void HttpSocket::sendRaw(std::string_view head, std::string_view body) {
  constexpr std::size_t kCheaperToCopy = 8U << 10;
  if (!life_.open()) return;
  shared_->head.assign(head);
  Buffer rest;
  if (body.size() <= kCheaperToCopy) {
    shared_->head.append(body);
  } else {
    rest.append(body);
  }
  write(rest);
}

void HttpSocket::refuse(const HttpRefusal& refusal) {
  if (!accepted()) {
    over(Status::internal("bad reply from " + destination_->authority + ": " +
                          std::string(refusal.reason)));
    return;
  }
  shared_->refusals.note(refusal);
  if (life_.open()) {
    Page answer = pageOf(refusal);
    if (reader_.midBody() && (shared_->anyMethod || reader_.head().method == "POST")) {
      life_.refused(reader_.message().headers, answer);
    } else if (shared_->anyMethod) {
      life_.refused({}, answer);
    }
    writeRefusal(shared_->head, answer);
    Buffer none;
    write(none);
  }
  close();
}

// --- closing

// May destroy this object.
void HttpSocket::over(Status why) {
  stream_->stopReading();
  life_.over(std::move(why));
}

void HttpSocket::finishSending() {
  if (!life_.finish()) return;
  if (stream_->connected() && stream_->queued() == 0) {
    stream_->shutdownWrite();
  } else {
    stream_->setLowWater(0);
  }
}

void HttpSocket::close() {
  if (!life_.close()) return;
  held_ = false;
  stream_->setLowWater(0);
  startReading();
  if (stream_->connected()) {
    startClosing();
  } else if (accepted()) {
    stream_->wake();  // its handshake has not ended
  }                   // otherwise when it is connected
}

// Continues in a later turn if nothing is queued, because flushed() may call onClosed.
void HttpSocket::startClosing() {
  const std::size_t queued = stream_->queued();
  life_.limitClosing(std::max(life_.idleTimeout(), kFlush));
  if (queued == 0) return stream_->wake();
  rare().unflushed = queued;
}

void HttpSocket::goOnClosing() {
  if (life_.end() == SocketLife::End::kLingering) {
    over({});
  } else if (rare_ && stream_->queued() < rare_->unflushed) {
    startClosing();  // the peer is slow, but it reads
  } else {
    over(Status::internal(peerAddress() + ": closed with " + counted(stream_->queued(), "byte") +
                          " that the peer does not read"));
  }
}

// The queue has been sent, and nothing follows.
void HttpSocket::flushed() {
  const bool closing = life_.end() == SocketLife::End::kClosing;
  if (!closing || !sawEof_) stream_->shutdownWrite();
  if (!closing) return;
  if (!sawEof_) return life_.linger();
  bool destroyed = false;
  destroyed_ = &destroyed;
  over({});
  if (destroyed) return;  // usually; that has closed the connection
  destroyed_ = nullptr;
  stream_->shutdownWrite();
}

void HttpSocket::abort() {
  life_.abort();
  stream_->reset();
}

// --- reading

// A peer that keeps sending requests without reading the answers gets no more of them. Dialled ends
// do not wait in this way, or both ends could wait for each other forever.
bool HttpSocket::mayDeliver() const noexcept {
  return (life_.observer() || life_.waiting()) && !life_.paused() && !heldBack() &&
         life_.receiving();
}

void HttpSocket::resume() {
  life_.resume();
  catchUp();
}

void HttpSocket::startReading() {
  if (std::exchange(readingStopped_, false)) stream_->startReading();
}

// Messages may be delivered again: makes that happen in a later turn.
void HttpSocket::catchUp() {
  if (rest_) return;
  if (!life_.paused() && !heldBack()) startReading();
  life_.touch();
  const bool waiting = held_ || !unread_.empty();
  if (waiting || (sawEof_ && !toldEof_)) stream_->wake();
}

void HttpSocket::onBytes(std::string_view bytes) {
  if (!life_.receiving()) return;  // no longer needed
  life_.touch();
  if (unread_.empty()) return pump(bytes);
  unread_.append(bytes);
  if (life_.paused()) noteArrival(bytes.size());
  if (yields_) return stopReadingWhenFull();
  readAll();
}

void HttpSocket::onWoken() {
  if (givingWay() && !goesOnAfterAll()) return;
  if (life_.closed()) {
    life_.tellEnd();
  } else if (life_.end() == SocketLife::End::kClosing) {
    if (!stream_->connected()) return over({});
    if (stream_->queued() == 0) flushed();
  } else if (life_.receiving() && !yields_) {
    life_.touch();
    readAll();
  }
}

// A wake-up would run in the same turn.
void HttpSocket::goOn() {
  yields_ = false;
  if (!life_.receiving()) return;
  startReading();
  readAll();
}

// The place to add other protocols on the port. Returns whether to continue with HTTP/1.x.
bool HttpSocket::begin(std::string_view firstBytes) {
  switch (protocolOf(firstBytes)) {
    case Protocol::kUndecided: return false;
    case Protocol::kHttp1: return begun_ = true;
    case Protocol::kTls:
      shared_->refusals.noteTls(peerAddress());
      refuse(kTlsRefusal);
      return false;
    case Protocol::kHttp2:
      shared_->http2 ? handOver(firstBytes) : refuse(kHttp2Refusal);
      return false;
  }
  return false;
}

// Destroys this object.
void HttpSocket::handOver(std::string_view firstBytes) {
  const auto shared = shared_;
  auto stream = std::move(stream_);
  auto ticket = std::move(ticket_);
  const std::string bytes(firstBytes);  // they may be in unread_
  life_.over({});
  shared->http2->takeHttp2(std::move(stream), bytes, std::move(ticket));
}

void HttpSocket::readAll() {
  std::string_view input = unread_.contiguous();
  pump(input);
}

// Delivers the messages in `input`: in unread_, or in newly received bytes, which are parsed in
// place if nothing is unread. `input` becomes the rest.
void HttpSocket::pump(std::string_view& input) {
  bool destroyed = false;
  destroyed_ = &destroyed;
  rest_ = &input;
  if (held_ && mayDeliver() && !deliverHeld()) return;
  const bool goesOn = begun_ || !accepted() || begin(input);
  if (destroyed) return;
  auto progress = goesOn ? HttpReader::Progress::kMessage : HttpReader::Progress::kNeedMore;
  yields_ = false;
  while (progress == HttpReader::Progress::kMessage && mayDeliver() && !raw() && !yields_) {
    progress = reader_.read(*rest_);
    if (parts() && !deliverParts(progress)) return;
    if (progress != HttpReader::Progress::kMessage) break;
    life_.messageComplete();
    known_ = true;
    if (!deliver(reader_.message())) return;
  }
  if (raw() && !deliverRaw()) return;
  keepRest();
  if (MemoryBudget::counts(*this) || !unread_.empty() || reader_.midBody() || raw()) noteHeld();
  if (progress == HttpReader::Progress::kRefused) {
    refuse(reader_.refusal());
    return;
  }
  if (sawEof_ && !yields_) {
    endOfInput();
    return;
  }
  stopReadingWhenFull();
  if (yields_) {
    rare().nextTurn = shared_->loop.defer([this] { goOn(); });
    return;
  }
  if (mayDeliver() && !raw() && !inParts() && reader_.midMessage(unread_.size())) {
    life_.messageBegun(shared_->messageTimeout);
  }
}

// Ends pumping. The content of unread_ stays there.
void HttpSocket::keepRest() {
  destroyed_ = nullptr;
  if (reader_.midBody()) reader_.keep();
  const std::string_view rest = *std::exchange(rest_, nullptr);
  if (unread_.empty()) {
    unread_.append(rest);
    if (!rest.empty() && life_.paused()) noteArrival(rest.size());
  } else {
    unread_.drain(unread_.size() - rest.size());
    if (rare_ && rare_->arrivals) rare_->arrivals->trim(rest.size());
  }
  if (rare_ && unread_.empty()) rare_->arrivals.reset();
}

void HttpSocket::noteArrival(std::size_t size) {
  std::optional<Arrivals>& arrivals = rare().arrivals;
  if (!arrivals) arrivals.emplace();
  arrivals->add(size, EventLoop::now());
}

// Returns whether this object still exists, like the next five functions.
bool HttpSocket::deliver(Message& message) {
  if (accepted()) return deliverRequest();
  acceptReply(message);
  return deliverHeld();
}

bool HttpSocket::deliverRequest() {
  const HttpHead& head = reader_.head();
  peerClosesNext_ = head.close;
  peerIsOld_ = head.minorVersion == 0;
  if (head.method != "POST" && !shared_->anyMethod) return servePage();
  if (life_.waiting()) {
    bool* const destroyed = destroyed_;
    life_.leaveBacklog();
    if (*destroyed) return false;
  }
  held_ = !mayDeliver();
  if (!held_) return deliverHeld();
  reader_.keep();
  return true;
}

bool HttpSocket::deliverHeld() {
  bool* const destroyed = destroyed_;
  held_ = false;
  life_.observer()->onMessage(reader_.message());
  if (*destroyed) return false;
  reader_.drop();
  return true;
}

// Reads on after a head, and hands out the part of the body that has been read.
bool HttpSocket::deliverParts(HttpReader::Progress& progress) {
  bool* const destroyed = destroyed_;
  while (progress == HttpReader::Progress::kHead) {
    peerClosesNext_ = reader_.head().close;
    const bool inParts = parts()->onHead(reader_.message());
    if (*destroyed) return false;
    if (inParts) {
      reader_.takeParts();
      life_.messageComplete();
    }
    progress = mayDeliver() ? reader_.read(*rest_) : HttpReader::Progress::kNeedMore;
  }
  Buffer& body = reader_.message().body;
  if (!reader_.inParts() || body.size() == 0) return true;
  Buffer part = std::move(body);
  parts()->onBodyPart(part.contiguous());
  return !*destroyed;
}

bool HttpSocket::deliverRaw() {
  bool* const destroyed = destroyed_;
  while (!rest_->empty() && mayDeliver()) {
    const std::size_t taken = raw()->onRawBytes(*rest_);
    if (*destroyed) return false;
    rest_->remove_prefix(taken);
  }
  return true;
}

// A request that is not a message. Returns whether this object still exists and continues.
bool HttpSocket::servePage() {
  bool* const destroyed = destroyed_;
  const HttpHead& head = reader_.head();
  const Page page = asksForPage(head.method) ? life_.page(splitHttpTarget(head.target).path)
                                             : pageForMethod(head.method);
  if (*destroyed) return false;
  reader_.drop();
  if (!life_.open()) return true;
  const bool last = page.close || peerClosesNext_;
  writePageHead(shared_->head, page, head, last);
  Buffer body(carriesBody(page, head) ? std::string_view(page.body) : std::string_view());
  write(body);
  yields_ = !rest_->empty();
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
  if ((mayDeliver() && !yields_) || readingStopped_) return;
  if (unread_.size() < kPausedInput) return;
  stream_->stopReading();
  readingStopped_ = true;
}

void HttpSocket::onEof() {
  sawEof_ = true;
  if (life_.end() == SocketLife::End::kLingering) {
    over({});
  } else if (life_.receiving()) {
    readAll();
  }  // else flushed() will see it
}

// The peer has shut down its sending side. What it sent has been delivered, unless the observer is
// paused.
void HttpSocket::endOfInput() {
  if (toldEof_ || !life_.receiving()) return;
  if (life_.waiting()) return close();  // after pages that it may have requested
  const bool waiting = held_ || !unread_.empty();
  if (!life_.observer() || (!mayDeliver() && waiting)) return;  // catchUp() calls this again
  toldEof_ = true;
  const auto progress = raw() ? HttpReader::Progress::kNeedMore : reader_.finish(unread_);
  if (progress == HttpReader::Progress::kRefused) {
    over(Status::internal("connection to " + peerAddress() + " closed in the middle of a message"));
    return;
  }
  if (progress == HttpReader::Progress::kMessage && stream_->truncated()) {
    over(Status::internal("connection to " + peerAddress() +
                          " ended without TLS close_notify: the message may be cut off"));
    return;
  }
  bool destroyed = false;
  destroyed_ = &destroyed;
  if (progress == HttpReader::Progress::kMessage && !deliver(reader_.message())) return;
  destroyed_ = nullptr;
  if (life_.observer()) life_.observer()->onPeerFinished();  // may destroy this: last
}

// --- events of the stream, and timeouts

// A handshake takes the place of a message. If that is unlimited, the connection may be idle.
void HttpSocket::onHandshake() {
  life_.touch();
  if (shared_->messageTimeout.count() > 0) life_.startConnecting(shared_->messageTimeout);
}

void HttpSocket::onConnected() {
  life_.connected();
  if (life_.end() == SocketLife::End::kClosing) {
    startClosing();
  } else if (life_.end() == SocketLife::End::kFinishing && stream_->queued() == 0) {
    stream_->shutdownWrite();
  }
}

void HttpSocket::onRefused(Status why) {
  if (why.kind() == ErrorKind::kInvalid) {
    refuse(kPlainRefusal);
  } else {
    close();
  }
}

void HttpSocket::onDrained() {
  life_.touch();
  if (rare_ && rare_->reader) rare_->reader->wrote(0);
  if (MemoryBudget::counts(*this)) noteHeld();
  const bool ending =
      life_.end() == SocketLife::End::kFinishing || life_.end() == SocketLife::End::kClosing;
  const bool caughtUp = life_.caughtUp(stream_->queued(), shared_->highWaterBytes);
  if (caughtUp) catchUp();
  if (ending && stream_->queued() == 0) return flushed();
  if (caughtUp && life_.observer()) life_.observer()->onWritable();  // may destroy this: last
}

void HttpSocket::onError(Status why) {
  const bool done = life_.end() == SocketLife::End::kLingering ||
                    (life_.end() == SocketLife::End::kClosing && stream_->queued() == 0);
  if (done && stream_->connected()) {
    over({});
    return;
  }
  const std::string peer = accepted() ? peerAddress() : destination_->authority;
  over(peer.empty() ? std::move(why) : std::move(why).withContext(peer));
}

void HttpSocket::onTimeUp(SocketLife::Time time) {
  switch (time) {
    case SocketLife::Time::kConnect:
      if (accepted()) return over(Status::unavailable(peerAddress() + ": TLS handshake timed out"));
      return over(Status::unavailable(destination_->authority + ": connect: timed out"));
    case SocketLife::Time::kMessage: return refuse(kTooSlow);
    case SocketLife::Time::kClosing: return goOnClosing();
    case SocketLife::Time::kIdle: stream_->shutdownWrite(); return over({});
  }
}

bool HttpSocket::reusable() const noexcept {
  if (accepted()) return life_.open() && !peerClosesNext_;
  const bool kept = life_.open() && !sawEof_ && (peerKeepsAlive_ || shared_->peersKeepAlive) &&
                    !peerClosesNext_ && stream_->connected() && !reader_.midMessage(unreadSize());
  return kept && (life_.quietFor() < kSurelyAlive || stream_->quiet());
}

}  // namespace evmicro::detail
