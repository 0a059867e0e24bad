#include "http2/session.h"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "base/backoff.h"
#include "http2/callbacks.h"
#include "http2/session_memory.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

// Requested before the peer's limit is known: few have a lower one (RFC 9113, 6.5.2). What is above
// a peer's limit would have to wait for the end of others, which may be streams.
constexpr std::size_t kMostUnsettled = 100;
// What nghttp2 encodes.
constexpr std::size_t kMostFields = 64U << 10;
// Servers of gRPC end a connection after three PINGs that came within five minutes of another,
// while they sent nothing themselves: the first is none of these.
constexpr int kEarlyPings = 3;
constexpr milliseconds kLatePing{6 * 60'000};
constexpr std::int32_t kStreamWindow = 256 << 10;
// All streams together; each is bounded by its own window, all by the memory budget.
constexpr std::int32_t kConnectionWindow = 16 << 20;
// Frames that wait for the peer; what is above stays with the streams, so that they notice.
constexpr std::size_t kMostQueued = 256U << 10;
// Faults of the peer, see countFault(): at once, and after that one per interval.
// nghttp2 limits the resets that the peer sends to as many.
constexpr int kMostFaults = 1'000;
constexpr milliseconds kFaultInterval{30};
constexpr milliseconds kLinger{1'000};
// Between the announcement of the end and the end: longer than a round trip.
constexpr milliseconds kAnnouncement{1'000};
constexpr int kAgeJitter = 10;  // per cent

using Options = CHandle<nghttp2_option, nghttp2_option_del>;

// The limits against floods of resets, CONTINUATION, SETTINGS and PING frames are nghttp2's own.
Options newOptions() {
  nghttp2_option* options = nullptr;
  if (nghttp2_option_new(&options) != 0) throw std::bad_alloc();
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  return Options(options);
}

}  // namespace

std::shared_ptr<Http2Session> Http2Session::make(std::shared_ptr<HttpSocketShared> shared,
                                                 std::unique_ptr<ByteStream> stream, Role role,
                                                 Observer& observer, milliseconds connectTimeout) {
  std::shared_ptr<Http2Session> session(
      new Http2Session(std::move(shared), std::move(stream), role, observer));
  session->self_ = session;
  session->open(connectTimeout);
  return session;
}

Http2Session::Http2Session(std::shared_ptr<HttpSocketShared> shared,
                           std::unique_ptr<ByteStream> stream, Role role, Observer& observer)
    : Entry(shared->deadlines),
      shared_(std::move(shared)),
      observer_(&observer),
      role_(role),
      lastInput_(EventLoop::now()),
      lastTurn_(lastInput_),
      idleSince_(lastInput_),
      faults_(kMostFaults, kFaultInterval),
      stream_(std::move(stream)) {
  if (role_ == Role::kAccepted) shared_->admission.add(*this);
  if (shared_->maxAge.count() > 0) {
    agedAt_ = lastInput_ + jittered(shared_->maxAge, kAgeJitter, shared_->random);
  }
  stream_->observe(*this);
  stream_->setLowWater(kMostQueued / 2);
}

Http2Session::~Http2Session() {
  over_ = true;
  stopDeadline();                                        // shared_ may go before the base
  lose(Status::cancelled("the connection is dropped"));  // those that own themselves
  shared_->admission.remove(*this);
  shared_->memory.forget(*this);
}

void Http2Session::open(milliseconds connectTimeout) {
  const Options options = newOptions();
  nghttp2_session* session = nullptr;
  const auto* const callbacks = http2Callbacks();
  nghttp2_mem memory = http2Memory(*shared_->blocks);
  const auto make =
      role_ == Role::kAccepted ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  const int failed = make(&session, callbacks, this, options.get(), &memory);
  if (failed != 0) throw std::bad_alloc();
  native_.reset(session);
  std::vector<nghttp2_settings_entry> settings = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(kStreamWindow)}};
  const auto limit = [&settings](std::int32_t setting, std::size_t most) {
    constexpr std::size_t kLargest = std::numeric_limits<std::uint32_t>::max();
    if (most == 0) return;  // no limit, which is the default of both settings
    settings.push_back({setting, static_cast<std::uint32_t>(std::min(most, kLargest))});
  };
  limit(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, shared_->limits.headerBytes);
  if (role_ == Role::kAccepted) {
    limit(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, shared_->maxStreams);
  } else {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  if (role_ == Role::kAccepted) {
    watch();
  } else if (connectTimeout.count() > 0) {
    startDeadline(EventLoop::now() + connectTimeout);
  }
}

// --- reading

void Http2Session::onBytes(std::string_view bytes) {
  const auto self = self_.lock();  // callbacks may drop it
  lastTurn_ = lastInput_ = EventLoop::now();
  pinged_ = false;
  if (closing_ || over_) return;
  turning_ = true;
  const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto read = nghttp2_session_mem_recv(native_.get(), data, bytes.size());
  turning_ = false;
  nghttp2_session_consume_connection(native_.get(), std::exchange(consumed_, 0));
  if (read >= 0) return turn();
  flush();  // the GOAWAY that says why
  if (over_) return;
  ++shared_->refusals.malformed;
  over(brokenFrames(nghttp2_strerror(static_cast<int>(read))));
}

// A peer that does not even send its settings speaks another protocol, and has run nothing.
Status Http2Session::brokenFrames(const char* why) const {
  const std::string text = stream_->peerAddress() + ": HTTP/2: " + why;
  if (role_ == Role::kAccepted) return Status::invalid(text);
  if (settled_) return Status::internal(text);
  return Status::unavailable(stream_->peerAddress() + ": the peer does not speak HTTP/2");
}

void Http2Session::onWoken() {
  woken_ = false;
  lastTurn_ = EventLoop::now();
  const auto self = self_.lock();
  if (givingWay() && shared_->admission.mayClose(*this)) return closeAtOnce({});
  if (!over_) turn();
}

// Delivers what has been read, and sends what that results in.
void Http2Session::turn() {
  const auto self = self_.lock();
  constexpr int kRounds = 2;
  for (int round = 0; round < kRounds && !over_; ++round) {
    workReady();
    if (over_) return;
    flush();
    if (ready_.empty()) break;
  }
  if (over_) return;
  if (!ready_.empty()) markReady(*ready_.front());
  if (held_ > 0 || stream_->queued() > 0 || MemoryBudget::counts(*this)) {
    shared_->memory.update(*this);
  }
  closeWhenDone();
}

void Http2Session::workReady() {
  turning_ = true;
  std::vector<Http2Stream*>& ready = ready_;
  const std::size_t count =
      ready.size();  // those that become ready meanwhile have their turn later
  for (std::size_t i = 0; i < count && i < ready.size() && !over_; ++i) {
    Http2Stream* const stream = std::exchange(ready[i], nullptr);
    if (!stream) continue;
    stream->readyPlace = Http2Stream::kNowhere;
    stream->work();
  }
  turning_ = false;
  if (over_) return;
  ready.erase(ready.begin(), ready.begin() + static_cast<std::ptrdiff_t>(count));
  ready.erase(std::remove(ready.begin(), ready.end(), nullptr), ready.end());
  for (std::size_t i = 0; i < ready.size(); ++i) ready[i]->readyPlace = i;
}

void Http2Session::enqueue(Http2Stream& stream) {
  stream.readyPlace = ready_.size();
  ready_.push_back(&stream);
}

void Http2Session::wake() {
  woken_ = true;
  stream_->wake();
}

void Http2Session::markIdle(Http2Stream& stream) noexcept {
  if (stream.readyPlace == Http2Stream::kNowhere) return;
  ready_[stream.readyPlace] = nullptr;
  stream.readyPlace = Http2Stream::kNowhere;
}

// --- writing

// One system call for all frames of a turn.
void Http2Session::flush() {
  if (!stream_->connected()) return;
  std::string& out = shared_->head;
  out.clear();
  turning_ = true;
  const std::uint8_t* frame = nullptr;
  bool more = true;
  while (more && stream_->queued() + out.size() < kMostQueued) {
    const auto size = nghttp2_session_mem_send(native_.get(), &frame);
    more = size > 0;
    if (more) out.append(reinterpret_cast<const char*>(frame), static_cast<std::size_t>(size));
  }
  turning_ = false;
  if (out.empty()) return watchReader(0);
  const std::size_t written = out.size();
  Buffer none;
  stream_->write(out, none);
  watchReader(written);
  // onDrained() comes only if something has been queued.
  if (more && stream_->queued() <= kMostQueued / 2 && !woken_) wake();
}

std::optional<std::int32_t> Http2Session::request(const Http2Fields& fields, Http2Stream& stream) {
  if (over_ || closing_ || finished_) return std::nullopt;
  nghttp2_data_provider output{};
  output.read_callback = http2ReadOutput;
  const std::int32_t id = nghttp2_submit_request(native_.get(), nullptr, fields.data(),
                                                 fields.size(), &output, &stream);
  if (id < 0) return std::nullopt;
  return id;
}

bool Http2Session::takesRequests() const noexcept {
  if (over_ || closing_ || finished_) return false;
  if (nghttp2_session_check_request_allowed(native_.get()) == 0) return false;
  if (!settled_) return streams_.size() < kMostUnsettled;  // nghttp2 keeps what is too much
  const std::uint32_t most =
      nghttp2_session_get_remote_settings(native_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  // None for a while: another connection would not help, so they wait.
  return streams_.size() < (most > 0 ? most : kMostUnsettled);
}

std::size_t Http2Session::mostFields() const noexcept {
  const std::uint32_t most =
      nghttp2_session_get_remote_settings(native_.get(), NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE);
  return std::min<std::size_t>(most, kMostFields);
}

void Http2Session::respond(std::int32_t id, const Http2Fields& fields, Body body) {
  nghttp2_data_provider output{};
  output.read_callback = http2ReadOutput;
  nghttp2_submit_response(native_.get(), id, fields.data(), fields.size(),
                          body == Body::kFollows ? &output : nullptr);
}

void Http2Session::trailers(std::int32_t id, const Http2Fields& fields) {
  nghttp2_submit_trailer(native_.get(), id, fields.data(), fields.size());
}

void Http2Session::resumeOutput(std::int32_t id) { nghttp2_session_resume_data(native_.get(), id); }

void Http2Session::reset(std::int32_t id, std::uint32_t code) {
  nghttp2_submit_rst_stream(native_.get(), NGHTTP2_FLAG_NONE, id, code);
}

void Http2Session::consume(std::int32_t id, std::size_t size) {
  nghttp2_session_consume_stream(native_.get(), id, size);
}

// --- streams

void Http2Session::attach(Http2Stream& stream) {
  stream.streamPlace = streams_.size();
  streams_.push_back(&stream);
}

Http2Stream* Http2Session::add(Http2Stream* stream, std::int32_t id) noexcept {
  attach(*stream);
  nghttp2_session_set_stream_user_data(native_.get(), id, stream);
  return stream;
}

void Http2Session::forget(std::int32_t id, Http2Stream& stream) noexcept {
  markIdle(stream);
  if (stream.streamPlace == Http2Stream::kNowhere) return;
  streams_.back()->streamPlace = stream.streamPlace;
  streams_[stream.streamPlace] = streams_.back();
  streams_.pop_back();
  if (over_) return;
  if (streams_.empty()) {
    idleSince_ = EventLoop::now();
    if (late_ && !closing_) watch();
  }
  if (heading_ == &stream) heading_ = nullptr;
  nghttp2_session_set_stream_user_data(native_.get(), id, nullptr);
  if (!turning_ && !woken_) wake();  // to send what is left, or to close
}

// --- the end

void Http2Session::announceEnd() {
  if (over_ || std::exchange(announced_, true)) return;
  nghttp2_submit_shutdown_notice(native_.get());
  flush();
}

std::size_t Http2Session::awaited() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      streams_.begin(), streams_.end(), [](const Http2Stream* one) { return one->awaited(); }));
}

void Http2Session::finish() {
  if (over_ || std::exchange(finished_, true)) return;
  const auto self = self_.lock();
  announceClose();
  closeWhenDone();
}

void Http2Session::announceClose() {
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(native_.get());
  nghttp2_submit_goaway(native_.get(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
  flush();
}

void Http2Session::closeAtOnce(const Status& why) {
  const auto self = self_.lock();
  announceClose();
  if (stream_->connected() && stream_->queued() == 0) stream_->shutdownWrite();
  over(why);
}

void Http2Session::closeWhenDone() {
  if (closing_ || stream_->queued() > 0) return;
  const bool done = finished_ && streams_.empty();
  const bool failed = !nghttp2_session_want_read(native_.get());
  if ((!done && !failed) || nghttp2_session_want_write(native_.get())) return;
  if (failed && role_ == Role::kDialled && endCode_ != NGHTTP2_NO_ERROR) {
    ++shared_->refusals.malformed;
    return over(brokenFrames(nghttp2_http2_strerror(endCode_)));
  }
  closing_ = true;
  if (stream_->connected()) stream_->shutdownWrite();
  startDeadline(EventLoop::now() + kLinger);
}

// A peer that breaks its streams makes room for others while the handlers of the broken ones may
// still be at work. PRIORITY and DATA without content cost it next to nothing. Many of them end the
// connection.
void Http2Session::countFault() {
  if (role_ != Role::kAccepted || faults_.allow(EventLoop::now())) return;
  nghttp2_session_terminate_session(native_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
}

void Http2Session::over(const Status& why) {
  if (std::exchange(over_, true)) return;
  const auto self = self_.lock();
  stopDeadline();
  stream_->stopReading();
  for (Http2Stream* const stream : streams_) stream->readyPlace = Http2Stream::kNowhere;
  ready_.clear();
  lose(why);
  shared_->memory.forget(*this);  // its streams' owners may keep it for a while
  if (observer_) observer_->onSessionOver(*this);
}

// Each may destroy others.
void Http2Session::lose(const Status& why) {
  while (!streams_.empty()) {
    Http2Stream* const stream = streams_.back();
    streams_.pop_back();
    stream->streamPlace = Http2Stream::kNowhere;
    stream->onLost(why);
  }
}

void Http2Session::onEof() {
  over(closing_ || streams_.empty()
           ? Status()
           : broken(stream_->peerAddress() + ": the connection was closed"));
}

// A peer sends its settings before all else: without them it has run nothing.
Status Http2Session::broken(std::string why) const {
  const bool ran = role_ == Role::kAccepted || settled_;
  return ran ? Status::internal(std::move(why)) : Status::unavailable(std::move(why));
}

void Http2Session::onError(Status why) {
  if (closing_) return over({});
  if (why.kind() == ErrorKind::kInternal) why = broken(why.detail());
  const std::string peer = stream_->peerAddress();  // empty: it was never connected
  over(peer.empty() ? why : std::move(why).withContext(peer));
}

void Http2Session::giveUp() {
  stream_->reset();
  over(Status::overloaded(stream_->peerAddress() + ": " + std::string(kNoMemory.reason)));
}

void Http2Session::onConnected() {
  const auto self = self_.lock();
  lastTurn_ = lastInput_ = EventLoop::now();
  stopDeadline();
  watch();
  turn();
}

void Http2Session::onDrained() {
  const auto self = self_.lock();
  lastTurn_ = lastInput_ = EventLoop::now();  // the peer reads
  if (!observer_) {
    for (Http2Stream* const stream : streams_) markReady(*stream);  // their ends wait for this
  }
  if (!over_) turn();
}

// --- giving way

// Until the head of its first request is complete, the peer may be an attacker.
std::optional<AcceptedConnection::Idleness> Http2Session::idleness() const noexcept {
  const bool idle = !over_ && !closing_ && !turning_ && stream_->queued() == 0;
  if (!idle) return std::nullopt;
  if (!known_) return Idleness{Rank::kSilent, idleSince_};
  Idleness found{Rank::kIdle, idleSince_};
  for (const Http2Stream* const stream : streams_) {
    const auto message = stream->arriving();
    const auto slow = message ? idlenessOf(*message) : std::nullopt;
    if (!slow) return std::nullopt;
    if (found.rank == Rank::kIdle || slow->since > found.since) found = *slow;
  }
  return found;
}

// --- a slow or silent peer

bool Http2Session::waitsForPeer() const noexcept {
  return !over_ && !closing_ && exempt_ == 0 && (owed_ > 0 || stream_->queued() > 0);
}

void Http2Session::watchReader(std::size_t written) {
  if (!reader_) {
    if (role_ != Role::kAccepted || shared_->minReadRate == 0 || !waitsForPeer()) return;
    reader_ = std::make_unique<ReadRate>(
        shared_->deadlines, *stream_, shared_->minReadRate, [this] { return waitsForPeer(); },
        [this](ReadRate::Rate rate) { onReadRate(rate); });
  }
  reader_->wrote(written);
}

void Http2Session::onReadRate(ReadRate::Rate rate) {
  if (rate == ReadRate::Rate::kEnough) return;
  ++shared_->slowReaders;
  stream_->reset();
  over(Status::overloaded(stream_->peerAddress() + ": the peer takes the replies too slowly"));
}

void Http2Session::watch() {
  const milliseconds idle = silence();
  late_ = idle > shared_->startIdleTimeout;
  std::optional<EventLoop::Clock::time_point> next = agedAt_;
  if (idle.count() > 0) next = std::min(next.value_or(lastInput_ + idle), lastInput_ + idle);
  if (next) startDeadline(*next);
}

// After so much of it something is done.
milliseconds Http2Session::silence() const noexcept {
  const milliseconds idle = shared_->startIdleTimeout;
  const bool ping = role_ == Role::kDialled && idle.count() > 0 && !streams_.empty();
  return ping && pings_ >= kEarlyPings ? std::max(idle, kLatePing) : idle;
}

// Old: announces the end, and then accepts no more streams.
void Http2Session::age() {
  if (announced_) {
    agedAt_.reset();
    finish();
  } else {
    announceEnd();
    agedAt_ = EventLoop::now() + kAnnouncement;
  }
  if (!over_ && !closing_) watch();
}

// A connection without streams closes; with streams the peer must answer a PING.
void Http2Session::onDeadline() {
  const auto self = self_.lock();
  if (closing_) {
    stream_->reset();
    return over({});
  }
  if (pinged_) {
    stream_->reset();
    return over(Status::internal(stream_->peerAddress() + ": no answer to a PING"));
  }
  if (!stream_->connected()) return over(Status::unavailable("connect: timed out"));
  const auto now = EventLoop::now();
  if (agedAt_ && now >= *agedAt_) return age();
  const milliseconds idle = silence();
  if (idle.count() == 0 || now < lastInput_ + idle) return watch();
  if (streams_.empty()) {
    finish();
    if (!closing_ && !over_) startDeadline(EventLoop::now() + kLinger);
    closing_ = true;
    return;
  }
  ping();
}

void Http2Session::ping() {
  pinged_ = true;
  ++pings_;
  nghttp2_submit_ping(native_.get(), NGHTTP2_FLAG_NONE, nullptr);
  flush();
  startDeadline(EventLoop::now() + shared_->pingTimeout);
}

}  // namespace evmicro::detail
