#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>

#include "base/rate_limiter.h"
#include "event/deadlines.h"
#include "event/handles.h"
#include "http/accepted_connection.h"
#include "http/socket_shared.h"
#include "http2/fields.h"
#include "http2/stream.h"
#include "net/byte_stream.h"
#include "net/peer_limit.h"
#include "net/read_rate.h"

namespace evmicro::detail {

/// One HTTP/2 connection: frames by nghttp2, on a stream of bytes of our own.
///
/// Shared by its creator and its streams, once these are sockets of their own. When the last owner
/// drops it, the connection is closed immediately.
class Http2Session final : private ByteStream::Observer,
                           private Deadlines::Entry,
                           private AcceptedConnection {
 public:
  class Observer {
   public:
    /// The peer opens the stream `id` (accepted connections only). The stream owns itself until it
    /// is handed out or closed.
    virtual Http2Stream* onStream(Http2Session& session, std::int32_t id) = 0;
    /// The peer has opened its side, or closes it: how many streams may be opened has changed.
    virtual void onSessionChanged(Http2Session& /*session*/) {}
    /// The connection is over: drop it, in a later turn. All streams have been notified.
    virtual void onSessionOver(Http2Session& session) = 0;

   protected:
    ~Observer() = default;
  };
  enum class Role { kAccepted, kDialled };

  /// `observer` must outlive it, or leave(). Accepted: the first bytes go to onBytes(). Dialled:
  /// fails as Transport::dial() has it if `stream` is not connected within `connectTimeout`.
  static std::shared_ptr<Http2Session> make(std::shared_ptr<HttpSocketShared> shared,
                                            std::unique_ptr<ByteStream> stream, Role role,
                                            Observer& observer,
                                            std::chrono::milliseconds connectTimeout = {});
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;
  ~Http2Session() override;

  /// Keeps the ticket as long as the session lives.
  void admit(std::unique_ptr<PeerLimit::Ticket> ticket) noexcept { ticket_ = std::move(ticket); }
  /// Bytes from the peer.
  void onBytes(std::string_view bytes) override;
  /// Announces that no more streams will be accepted soon (GOAWAY with the highest number), while
  /// those on their way still are.
  void announceEnd();
  /// Streams that wait for the rest of their requests, see Http2Stream::awaited().
  std::size_t awaited() const noexcept;
  /// Accepts no more streams, and closes when those that are open have ended.
  void finish();
  /// The observer is gone.
  void leave() noexcept { observer_ = nullptr; }
  bool observed() const noexcept { return observer_ != nullptr; }

  // --- for its streams

  /// A shared owner.
  std::shared_ptr<Http2Session> self() const noexcept { return self_.lock(); }
  HttpSocketShared& shared() noexcept { return *shared_; }
  ByteStream& bytes() noexcept { return *stream_; }
  const ByteStream& bytes() const noexcept { return *stream_; }

  /// `stream` is going to be opened on this connection: it is counted, and notified of its loss.
  void attach(Http2Stream& stream);
  /// Opens an attached stream with a body from readOutput(). Nullopt: the peer accepts no more.
  std::optional<std::int32_t> request(const Http2Fields& fields, Http2Stream& stream);
  /// Whether request() may be called, and the peer would take it up at once.
  bool takesRequests() const noexcept;
  /// How large the list of a head or of trailers may be, as far as is known: what is larger cannot
  /// be sent, or the peer does not take it.
  std::size_t mostFields() const noexcept;
  /// Whether the peer takes no more streams on this connection.
  bool ending() const noexcept { return nghttp2_session_check_request_allowed(native_.get()) == 0; }
  /// Answers on the stream `id`; its output follows from readOutput() if it has a body.
  enum class Body { kNone, kFollows };
  void respond(std::int32_t id, const Http2Fields& fields, Body body);
  /// May be called within readOutput().
  void trailers(std::int32_t id, const Http2Fields& fields);
  /// There is output again.
  void resumeOutput(std::int32_t id);
  /// RST_STREAM.
  void reset(std::int32_t id, std::uint32_t code);
  /// GOAWAY, and the end of the connection. Destroys those streams that own themselves.
  void closeAtOnce(const Status& why);
  /// `size` bytes of the stream have been used up, so the peer may send as many more.
  void consume(std::int32_t id, std::size_t size);
  /// When the turn began that is going on, or the last one.
  EventLoop::Clock::time_point turnBegan() const noexcept { return lastTurn_; }
  /// The stream is no longer there.
  void forget(std::int32_t id, Http2Stream& stream) noexcept;
  /// work() is needed, in a later turn unless one is going on.
  void markReady(Http2Stream& stream) {
    if (stream.readyPlace == Http2Stream::kNowhere) enqueue(stream);
    if (!turning_ && !woken_) wake();
  }
  void markIdle(Http2Stream& stream) noexcept;
  /// What a stream has in memory, and of that what waits for the peer and must be taken at the
  /// minimum rate.
  struct Load {
    std::size_t held = 0;
    std::size_t owed = 0;
  };
  /// The load of a stream is `now`, and was `before`.
  void count(const Load& now, const Load& before) noexcept {
    held_ += now.held - before.held;
    owed_ += now.owed - before.owed;
  }
  /// A stream is exempt from the minimum rate, or no longer: while one is, the connection is.
  void exempt(int more) noexcept { exempt_ += more; }

 private:
  friend struct Http2Callbacks;
  using Native = CHandle<nghttp2_session, nghttp2_session_del>;

  Http2Session(std::shared_ptr<HttpSocketShared> shared, std::unique_ptr<ByteStream> stream,
               Role role, Observer& observer);
  void open(std::chrono::milliseconds connectTimeout);
  void onConnected() override;
  void onWoken() override;
  void onDrained() override;
  void onEof() override;
  void onError(Status why) override;
  void onDeadline() override;
  std::size_t heldBytes() const noexcept override { return held_ + stream_->queued(); }
  void giveUp() override;
  std::optional<Idleness> idleness() const noexcept override;
  bool quiet() const noexcept override { return stream_->quiet(); }
  void giveWay() override { stream_->wake(); }

  Http2Stream* add(Http2Stream* stream, std::int32_t id) noexcept;
  void enqueue(Http2Stream& stream);
  void wake();
  void turn();
  void workReady();
  void flush();
  void closeWhenDone();
  void countFault();
  void over(const Status& why);
  void lose(const Status& why);
  void announceClose();
  void watch();
  void age();
  void ping();
  std::chrono::milliseconds silence() const noexcept;
  Status brokenFrames(const char* why) const;
  Status broken(std::string why) const;
  bool waitsForPeer() const noexcept;
  void watchReader(std::size_t written);
  void onReadRate(ReadRate::Rate rate);

  const std::shared_ptr<HttpSocketShared> shared_;  // with the listener or dialler, and all others
  Observer* observer_;
  const Role role_;
  std::weak_ptr<Http2Session> self_;
  std::vector<Http2Stream*> streams_;  // open, to be opened, or not notified of their end
  std::vector<Http2Stream*> ready_;    // null: no longer there
  Http2Stream* heading_ = nullptr;     // whose header fields are arriving
  std::size_t consumed_ = 0;           // bytes of data since the connection's window was opened
  EventLoop::Clock::time_point lastInput_;
  EventLoop::Clock::time_point lastTurn_;
  EventLoop::Clock::time_point idleSince_;              // when it last had a stream, or began
  std::optional<EventLoop::Clock::time_point> agedAt_;  // when its end is announced, and comes
  std::size_t held_ = 0;                                // by all streams
  std::size_t owed_ = 0;                                // by all streams
  int exempt_ = 0;
  int pings_ = 0;                     // sent since the peer last sent anything of a stream
  std::unique_ptr<ReadRate> reader_;  // once the peer was slow
  RateLimiter faults_;                // of the peer: streams it breaks, frames without a use
  bool turning_ = false;
  bool woken_ = false;
  bool pinged_ = false;
  bool late_ = false;  // the deadline that is set is one of silence(), later than idling ends
  std::uint32_t endCode_ = NGHTTP2_NO_ERROR;  // of the GOAWAY that was sent
  bool known_ = false;                        // the peer has sent the head of a request
  bool settled_ = false;                      // the peer's settings have come
  bool announced_ = false;
  bool finished_ = false;
  bool closing_ = false;  // everything has been sent; waiting for the peer to close
  bool over_ = false;
  std::unique_ptr<PeerLimit::Ticket> ticket_;
  Native native_;
  const std::unique_ptr<ByteStream> stream_;  // last: destroyed first
};

}  // namespace evmicro::detail
