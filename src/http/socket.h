#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/transport.h>

#include "http/reader.h"
#include "http/socket_shared.h"
#include "net/byte_stream.h"
#include "net/socket_life.h"

namespace evmicro::detail {

/// A connection that carries HTTP messages both ways: requests in and replies out (accepted) or the
/// other way round (dialled). One class and one path for the first request and all later ones, for
/// unary calls one after another, pipelined ones and streams, and for pages.
class HttpSocket final : public Socket, private ByteStream::Observer, private SocketLife::Observer {
 public:
  /// An accepted connection: requests come in on `stream`.
  HttpSocket(std::shared_ptr<HttpSocketShared> shared, std::unique_ptr<ByteStream> stream);
  /// Where a dialled connection goes.
  struct Destination {
    std::string authority;  ///< sent as Host
    std::string target;     ///< what requests ask for
    std::chrono::milliseconds connectTimeout{0};
  };
  HttpSocket(std::shared_ptr<HttpSocketShared> shared, std::unique_ptr<ByteStream> stream,
             Destination destination);
  ~HttpSocket() override;

  /// For the backlog of its listener.
  SocketLife& life() noexcept { return life_; }
  /// Answers with `refusal`, whatever comes, and closes so that the answer arrives: ends the
  /// sending side, then discards what the peer still sends until it closes, too, or a second has
  /// passed. Closing at once while unread bytes are there resets the connection, and the reset can
  /// overtake the answer.
  void refuse(const HttpRefusal& refusal);
  /// Refuses it as one connection too many; it does not count as one any more.
  void turnAway();

  /// Of the message that onMessage() has, or had last: a reply's status, and whether the peer
  /// closes after it.
  const HttpHead& lastHead() const noexcept { return reader_.head(); }

  void observe(Socket::Observer* observer) override;
  void send(const Metadata& headers, Buffer&& body) override;
  std::size_t queued() const noexcept override { return stream_->queued(); }
  void pause() override { life_.pause(); }
  void resume() override;
  void finishSending() override;
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds timeout) override { life_.setIdleTimeout(timeout); }
  bool reusable() const noexcept override;
  std::string peerAddress() const override { return stream_->peerAddress(); }
  std::string localAddress() const override { return stream_->localAddress(); }

 private:
  void onConnected() override;
  void onBytes(std::string_view bytes) override;
  void onWoken() override;
  void onDrained() override;
  void onEof() override;
  void onError(Status why) override;
  void onTimeUp(SocketLife::Time time) override;
  std::size_t queuedBytes() const noexcept override { return stream_->queued(); }

  bool accepted() const noexcept { return !destination_; }
  bool begin(std::string_view firstBytes);
  void pump(std::string_view input);
  void readAll() { pump(unread_.contiguous()); }
  bool deliverHeld();
  bool deliver(Message& message);
  bool deliverRequest();
  bool servePage();
  void keepRest();
  std::size_t unreadSize() const noexcept { return pumping_ ? rest_.size() : unread_.size(); }
  void catchUp();
  bool heldBack() const noexcept { return life_.slow() && accepted(); }
  bool mayDeliver() const noexcept;
  void acceptReply(const Message& message);
  void stopReadingWhenFull();
  void startReading();
  void endOfInput();
  void write(Buffer& body);
  void writeReplyHead(const Metadata& headers, std::size_t bodySize);
  void writeRequestHead(const Metadata& headers, std::size_t bodySize);
  void over(Status why);
  void startClosing();
  void goOnClosing();
  void flushed();

  const std::shared_ptr<HttpSocketShared> shared_;  // with the listener or dialler, its sockets
  const std::unique_ptr<const Destination> destination_;  // null when accepted
  SocketLife life_;
  HttpReader reader_;
  Buffer unread_;              // came in, and is not a whole message or not wanted yet
  std::string_view rest_;      // while pumping: what is not read yet of what is at hand
  bool* destroyed_ = nullptr;  // set while a callback runs that may destroy this
  std::size_t unflushed_ = 0;  // when the time for closing was started
  bool begun_ = false;         // the first bytes have shown that HTTP/1.x is spoken
  bool held_ = false;          // the reader has a whole message that could not be delivered yet
  bool readingStopped_ = false;
  bool sawEof_ = false;
  bool toldEof_ = false;
  bool peerClosesNext_ = false;  // its last message said that it closes
  bool peerKeepsAlive_ = false;
  bool peerIsOld_ = false;  // its last request was HTTP/1.0
  bool pumping_ = false;
  bool turnedAway_ = false;
  const std::unique_ptr<ByteStream> stream_;  // nothing of it comes while the others go
};

}  // namespace evmicro::detail
