#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/lifetime.h>
#include <evmicro/timer.h>
#include <evmicro/transport.h>

#include "http/reader.h"
#include "net/stream.h"

namespace evmicro::detail {

/// A TCP connection that carries HTTP messages both ways: requests in and replies out (accepted) or
/// the other way round (dialled). One class and one path for unary calls one after another,
/// pipelined ones and streams.
class HttpSocket final : public Socket, private Stream::Observer {
 public:
  /// Goes on with a connection whose first request evhttp has read.
  HttpSocket(EventLoop& loop, TakenConnection connection, const HttpHead& firstHead,
             const ListenOptions& options);
  /// Connects to `host`:`port`; `authority` is sent as Host, and requests ask for `target`.
  HttpSocket(EventLoop& loop, evdns_base* dns, const std::string& host, int port,
             std::string authority, const DialOptions& options, std::string target = "/");
  ~HttpSocket() override;

  /// Expires with this socket.
  Lifetime::Watch watch() const { return lifetime_.watch(); }
  /// Hands over the request that evhttp has read. May destroy this.
  void deliverFirst(Message& message);

  /// Of the message that onMessage() has, or had last: a reply's status, and whether the peer
  /// closes after it.
  const HttpHead& lastHead() const noexcept { return reader_.head(); }

  void observe(Socket::Observer* observer) override;
  void send(const Metadata& headers, Buffer&& body) override;
  std::size_t queued() const noexcept override { return stream_.queued(); }
  void pause() override { paused_ = true; }
  void resume() override;
  void finishSending() override;
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds timeout) override;
  bool reusable() const noexcept override;
  std::string peerAddress() const override;
  std::string localAddress() const override;

 private:
  using Clock = EventLoop::Clock;
  enum class End { kNone, kFinishing, kClosing, kDraining, kClosed };

  void onConnected() override;
  void onBytes(std::string_view bytes) override;
  void onWoken() override;
  void onDrained() override;
  void onEof() override;
  void onError(Status why) override;

  void pump(std::string_view input);
  void readAll();
  void keepRest();
  std::size_t unreadSize() const noexcept { return pumping_ ? rest_.size() : unread_.size(); }
  void catchUp();
  bool heldBack() const noexcept;
  bool mayDeliver() const noexcept;
  bool deliver(Message& message);
  bool servePage(Message& message);
  void watchMessageTime();
  void acceptReply(const Message& message);
  void stopReadingWhenFull();
  void endOfInput();
  void refuse(const HttpRefusal& refusal);
  void write(Buffer& body);
  void writePageHead(const Page& page, bool last);
  void writeReplyHead(const Metadata& headers, std::size_t bodySize);
  void writeRequestHead(const Metadata& headers, std::size_t bodySize);
  void writeHeaders(const Metadata& headers, std::size_t bodySize);
  void startClosing();
  void goOnClosing();
  void flushed();
  void closed(Status why);
  void onTimer();
  void checkTimes();
  void arm(Clock::time_point when);
  void touch() noexcept { lastActivity_ = Clock::now(); }

  const HttpReader::Role role_;
  const std::string authority_;
  const std::string target_;
  const std::size_t highWater_;
  const std::chrono::milliseconds messageTimeout_;
  std::chrono::milliseconds idleTimeout_;
  EventLoop& loop_;
  Socket::Observer* observer_ = nullptr;
  HttpReader reader_;
  Buffer unread_;                   // came in, and is not a whole message or not wanted yet
  std::string_view rest_;           // while pumping: what is not read yet of what is at hand
  std::string head_;                // of the message being written; reused
  std::unique_ptr<Message> first_;  // read by evhttp, when it could not be delivered at once
  bool paused_ = false;
  bool readingStopped_ = false;
  bool sawEof_ = false;
  bool toldEof_ = false;
  bool slow_ = false;            // the peer is behind: more than highWater_ was queued
  bool peerClosesNext_ = false;  // its last message said that it closes
  bool peerKeepsAlive_ = false;
  bool pumping_ = false;
  End end_ = End::kNone;
  std::size_t unflushed_ = 0;     // when the timer of the close was started
  std::optional<Status> untold_;  // how it ended, while nobody observed
  bool* destroyed_ = nullptr;     // set while a callback runs that may destroy this
  Clock::time_point lastActivity_;
  Clock::time_point messageStart_{};  // of the message that is being read; zero: none
  Clock::time_point armed_{};
  Timer timer_;
  Stream stream_;  // nothing of it comes while the others go
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
