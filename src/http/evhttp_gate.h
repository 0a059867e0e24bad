#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "event/handles.h"
#include "http/accepted_connection.h"
#include "http/reader.h"
#include "http/server.h"
#include "net/peer_limit.h"
#include "net/read_rate.h"

namespace evmicro::detail {

/// A connection of an HttpServer while evhttp owns it.
///
/// evhttp's parser accepts much that another parser may understand differently (repeated lengths,
/// blanks before the colon, signs in chunk sizes...), which makes request smuggling possible. So
/// this class filters its input: a callback of the input buffer removes all bytes before evhttp
/// sees them, and HttpReader parses them. evhttp only gets complete and valid requests, in one
/// unambiguous form: request line, headers, Content-Length, body. Refused requests never reach it.
/// Ordering, keep-alive, idle timeout, writing and closing are left to evhttp.
class EvhttpGate final : private AcceptedConnection {
 public:
  /// When messages must be complete, earliest first.
  using Deadlines = std::list<std::pair<EventLoop::Clock::time_point, EvhttpGate*>>;

  /// `stream` is the one that evhttp is about to use.
  EvhttpGate(HttpServerCore& core, bufferevent* stream);
  EvhttpGate(const EvhttpGate&) = delete;
  EvhttpGate& operator=(const EvhttpGate&) = delete;
  ~EvhttpGate() override;

  /// evhttp has made its connection object for the stream. False: it could not, and has freed the
  /// stream. May destroy this object, if there is no room for the connection and it is refused.
  bool adopt();
  /// Whether its first request, or the rest of one, is to be expected, see kMessageAwaited.
  bool awaitsRequest() const noexcept;
  /// evhttp has parsed `request`. Calls the observer, which may destroy this object.
  void serve(evhttp_request* request);
  /// The message was not complete in time: refuses it. Destroys this object.
  void overdue();
  /// Closes immediately and destroys this object. The exchange is not notified.
  void close();

  std::string peerAddress() const;
  void answer(int status, const HttpExchange::Headers& headers, std::string_view body, bool close);

 private:
  enum class Phase { kReading, kServing, kClosing };

  std::size_t heldBytes() const noexcept override;
  void giveUp() override;
  std::optional<Idleness> idleness() const noexcept override;
  bool quiet() const noexcept override;
  void giveWay() override;
  void noteHeld();
  void takeInput();
  void readNext();
  void refuse(const HttpRefusal& refusal);
  void passOn();
  void setDeadline(bool wanted);
  void offerToContinue();
  evhttp_connection* release();
  void setConnectionHeader(bool close);
  void setBody(int status, std::string_view body);
  void watchPeer();
  void restoreIdleTimeout();
  void watchReader();
  void onReadRate(ReadRate::Rate rate);
  static void onInput(evbuffer* input, const evbuffer_cb_info* info, void* self) noexcept;
  static void onWatchedInput(bufferevent* stream, void* self) noexcept;
  static void onComplete(evhttp_request* request, void* self) noexcept;
  static void onClosed(evhttp_connection* connection, void* self) noexcept;

  HttpServerCore& core_;
  bufferevent* const stream_;
  evbuffer_cb_entry* const inputCallback_;
  evhttp_connection* connection_ = nullptr;  // owned by evhttp; null until adopt()
  evhttp_request* request_ = nullptr;        // owned by evhttp; being served
  std::weak_ptr<HttpExchange::State> exchange_;
  HttpReader reader_;
  Buffer staged_;  // received and not parsed yet
  Phase phase_ = Phase::kReading;
  bool passing_ = false;  // this object is changing the input itself
  bool watched_ = false;  // the idle timeout is suspended
  bool asked_ = false;    // a request has arrived
  EventLoop::Clock::time_point idleSince_;
  EventLoop::Clock::time_point heard_;  // when bytes came last
  std::unique_ptr<PeerLimit::Ticket> ticket_;
  std::optional<Deadlines::iterator> deadline_;
  std::unique_ptr<Timer> continue_;  // made for a request that expects 100-continue
  std::optional<ReadRate> reading_;  // of the reply
  Call next_;                        // reads a request that arrived before the last one was
                                     // answered
  Call leaving_;                     // closes it in favour of another
};

}  // namespace evmicro::detail
