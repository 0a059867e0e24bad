#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <evmicro/call.h>
#include <evmicro/transport.h>

#include "http/accepted_connection.h"
#include "http/arrivals.h"
#include "http/reader.h"
#include "http/socket_shared.h"
#include "net/byte_stream.h"
#include "net/message_arrivals.h"
#include "net/peer_limit.h"
#include "net/read_rate.h"
#include "net/socket_life.h"

namespace evmicro::detail {

/// A connection that carries HTTP messages in both directions: requests in and replies out
/// (accepted) or the reverse (dialled). The same code serves the first request and all later ones,
/// unary calls, pipelined ones and streams, and pages.
class HttpSocket final : public Socket,
                         public MessageArrivals,
                         private ByteStream::Observer,
                         private SocketLife::Observer,
                         private AcceptedConnection {
 public:
  /// An accepted connection: requests arrive on `stream`.
  HttpSocket(std::shared_ptr<HttpSocketShared> shared, std::unique_ptr<ByteStream> stream);
  /// The destination of a dialled connection.
  struct Destination {
    std::string authority;  ///< for messages
    std::string host;       ///< sent as Host
    std::string target;     ///< the target of its requests
    std::chrono::milliseconds connectTimeout{0};
  };
  HttpSocket(std::shared_ptr<HttpSocketShared> shared, std::unique_ptr<ByteStream> stream,
             Destination destination);
  ~HttpSocket() override;

  /// For the listener's backlog.
  SocketLife& life() noexcept { return life_; }
  /// Answers with `refusal` and starts a lingering close: shuts down the sending side, then
  /// discards input until the peer closes or a second has passed. Closing a connection with unread
  /// bytes resets it, and the reset can overtake the answer.
  void refuse(const HttpRefusal& refusal);
  /// Refuses the connection because it is above the limit; it is no longer counted.
  void turnAway(const HttpRefusal& why);
  /// Keeps the ticket as long as the socket lives.
  void admit(std::unique_ptr<PeerLimit::Ticket> ticket) noexcept { ticket_ = std::move(ticket); }

  /// Sends what already is an HTTP message, or a part of one: `head`, then `body`.
  void sendRaw(std::string_view head, std::string_view body);
  /// Receives messages in parts.
  class PartObserver {
   public:
    /// The head of a message has arrived, and a body follows. True: it comes in parts, without a
    /// limit of size and of the time for the whole message, and then onMessage() without a body;
    /// otherwise all at once. May destroy the socket.
    virtual bool onHead(Message& message) = 0;
    virtual void onBodyPart(std::string_view part) = 0;

   protected:
    ~PartObserver() = default;
  };
  /// Takes effect if the limits of the shared state say `heads`.
  void observeParts(PartObserver* observer) { rare().parts = observer; }

  /// Receives the bytes of a connection that no longer carries HTTP.
  class RawObserver {
   public:
    /// Returns how many of `bytes` it has taken: all, unless it has paused the socket; the rest
    /// comes again after resume(). May destroy the socket.
    virtual std::size_t onRawBytes(std::string_view bytes) = 0;
    /// What it keeps of them, for the listener's memory budget.
    virtual std::size_t rawBytesHeld() const noexcept = 0;

   protected:
    ~RawObserver() = default;
  };
  /// What follows the last message is not HTTP (after a 101). Everything else stays the same: the
  /// observer, sendRaw(), closing, and limits but for the size of messages. A slow peer is still
  /// read from. @pre no message is incomplete
  void switchToRaw(RawObserver& observer) { rare().raw = &observer; }
  /// Dialled: the next reply has no body, because the request is a HEAD.
  void expectNoBody() noexcept { reader_.expectNoBody(); }
  /// Of the message that onMessage() or onHead() got last: a reply's status, and whether the peer
  /// closes after it.
  const HttpHead& lastHead() const noexcept { return reader_.head(); }

  void observe(Socket::Observer* observer) override;
  void send(const Metadata& headers, Buffer&& body) override;
  void sendRefusal(int status, const Metadata& headers, Buffer&& body) override;
  std::size_t queued() const noexcept override { return stream_->queued(); }
  void pause() override { life_.pause(); }
  void resume() override;
  void finishSending() override;
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds timeout) override { life_.setIdleTimeout(timeout); }
  bool reusable() const noexcept override;
  std::optional<EventLoop::Clock::time_point> waitingSince() const noexcept override {
    return rare_ && rare_->arrivals ? rare_->arrivals->of(rest_ ? rest_->size() : 0) : std::nullopt;
  }
  bool awaitsRest() const noexcept override;
  std::string peerAddress() const override { return stream_->peerAddress(); }
  std::string localAddress() const override { return stream_->localAddress(); }
  bool secure() const noexcept override { return stream_->secure(); }
  std::shared_ptr<const PeerCertificate> peerCertificate() const override {
    return stream_->peerCertificate();
  }

 private:
  void onConnected() override;
  void onHandshake() override;
  void onHandshakeAnswered() override { life_.touch(); }  // only now does it wait for its peer
  void onUnreadChanged() override { noteHeld(); }
  void onRefused(Status why) override;
  void onBytes(std::string_view bytes) override;
  void onWoken() override;
  void onDrained() override;
  void onEof() override;
  void onError(Status why) override;
  void onTimeUp(SocketLife::Time time) override;
  std::size_t queuedBytes() const noexcept override { return stream_->queued(); }
  std::size_t heldBytes() const noexcept override;
  void giveUp() override;
  std::optional<Idleness> idleness() const noexcept override;
  bool quiet() const noexcept override { return stream_->quiet(); }
  void giveWay() override { stream_->wake(); }

  /// What few connections need, so that the others hold no memory for it.
  struct Rare {
    std::optional<Arrivals> arrivals;  // nullopt: nothing has arrived while it was paused
    PartObserver* parts = nullptr;
    RawObserver* raw = nullptr;      // null: the connection carries HTTP
    std::size_t unflushed = 0;       // bytes queued when the closing timeout was started
    std::optional<ReadRate> reader;  // once the peer was slow
    Call nextTurn;
  };
  Rare& rare();
  PartObserver* parts() const noexcept { return rare_ ? rare_->parts : nullptr; }
  RawObserver* raw() const noexcept { return rare_ ? rare_->raw : nullptr; }

  bool accepted() const noexcept { return !destination_; }
  bool begin(std::string_view firstBytes);
  void handOver(std::string_view firstBytes);
  void pump(std::string_view& input);
  void readAll();
  bool deliverHeld();
  bool deliver(Message& message);
  bool deliverRequest();
  bool deliverParts(HttpReader::Progress& progress);
  bool deliverRaw();
  bool servePage();
  void keepRest();
  void noteArrival(std::size_t size);
  void goOn();
  std::size_t unreadSize() const noexcept { return rest_ ? rest_->size() : unread_.size(); }
  void catchUp();
  bool inParts() const noexcept { return reader_.inParts() && reader_.midBody(); }
  bool heldBack() const noexcept { return life_.slow() && accepted() && !raw(); }
  bool mayDeliver() const noexcept;
  void acceptReply(const Message& message);
  void stopReadingWhenFull();
  void startReading();
  void endOfInput();
  void write(Buffer& body);
  void watchReader(std::size_t added);
  void onReadRate(ReadRate::Rate rate);
  void noteHeld();
  bool goesOnAfterAll();
  void sendWith(int status, const Metadata& headers, Buffer&& body);
  void writeReplyHead(int status, const Metadata& headers, std::size_t bodySize);
  void writeRequestHead(const Metadata& headers, std::size_t bodySize);
  void over(Status why);
  void startClosing();
  void goOnClosing();
  void flushed();

  const std::shared_ptr<HttpSocketShared> shared_;  // shared with the listener or dialler and its
                                                    // other sockets
  const std::unique_ptr<const Destination> destination_;  // null when accepted
  SocketLife life_;
  HttpReader reader_;
  Buffer unread_;                     // received: part of a message, or not wanted yet
  std::string_view* rest_ = nullptr;  // while pumping: the received bytes not parsed yet
  bool* destroyed_ = nullptr;         // set while a callback runs that may destroy this object
  std::unique_ptr<Rare> rare_;        // null: none of it is needed yet
  bool known_ = false;                // its peer has sent a message
  bool begun_ = false;                // the first bytes have been recognised as HTTP/1.x
  bool held_ = false;  // the reader holds a complete message that could not be delivered
                       // yet
  bool readingStopped_ = false;
  bool sawEof_ = false;
  bool toldEof_ = false;
  bool peerClosesNext_ = false;  // the peer's last message announced that it closes
  bool peerKeepsAlive_ = false;
  bool peerIsOld_ = false;  // its last request was HTTP/1.0
  bool yields_ = false;     // the rest of the input has to wait for the next turn
  std::unique_ptr<PeerLimit::Ticket> ticket_;  // null: not limited, or dialled
  std::unique_ptr<ByteStream> stream_;         // last: destroyed first, so that no event arrives
                                               // during destruction
};

}  // namespace evmicro::detail
