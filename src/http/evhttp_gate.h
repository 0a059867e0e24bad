#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "event/handles.h"
#include "http/reader.h"
#include "http/server.h"

namespace evmicro::detail {

/// A connection of an HttpServer as long as evhttp has it.
///
/// evhttp's parser takes much that another reader understands differently (repeated lengths, blanks
/// before the colon, signs in chunk sizes...), which lets requests be smuggled through it. So this
/// is a gate before it: what comes in is taken out of the input at once, by a callback of the
/// buffer, and read by HttpReader. evhttp gets each whole and sound request, in the one form that
/// nobody can misread: a line, headers, Content-Length, body. What is refused it never sees. Order,
/// keep-alive, idle time, writing and closing are evhttp's.
class EvhttpGate {
 public:
  /// When messages must be complete, first to pass first.
  using Deadlines = std::list<std::pair<EventLoop::Clock::time_point, EvhttpGate*>>;

  /// `stream` is one that evhttp is about to use.
  EvhttpGate(HttpServerCore& core, bufferevent* stream, bool oneTooMany);
  EvhttpGate(const EvhttpGate&) = delete;
  EvhttpGate& operator=(const EvhttpGate&) = delete;
  ~EvhttpGate();

  /// evhttp has made its connection object around the stream. False: it could not, and has freed
  /// the stream. May destroy this object: one too many is refused.
  bool adopt();
  /// Whether no request has come yet.
  bool awaitsFirst() const noexcept { return !asked_; }
  /// evhttp hands out `request`. Calls the observer, which may destroy this object.
  void serve(evhttp_request* request);
  /// The message was not complete in time. Destroys this object.
  void overdue();
  /// Closes at once, and destroys this object. An exchange is not told.
  void close();

  std::string peerAddress() const;
  void answer(int status, const HttpExchange::Headers& headers, std::string_view body, bool close);

 private:
  enum class Phase { kReading, kServing, kClosing };

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
  static void onInput(evbuffer* input, const evbuffer_cb_info* info, void* self) noexcept;
  static void onWatchedInput(bufferevent* stream, void* self) noexcept;
  static void onComplete(evhttp_request* request, void* self) noexcept;
  static void onClosed(evhttp_connection* connection, void* self) noexcept;

  HttpServerCore& core_;
  bufferevent* const stream_;
  evbuffer_cb_entry* const inputCallback_;
  evhttp_connection* connection_ = nullptr;  // of evhttp; null until adopt()
  evhttp_request* request_ = nullptr;        // of evhttp; being served
  std::weak_ptr<HttpExchange::State> exchange_;
  HttpReader reader_;
  Buffer staged_;  // came in and was not read yet
  Phase phase_ = Phase::kReading;
  bool passing_ = false;  // it is this object that changes the input
  bool watched_ = false;  // its idle time is not limited
  bool asked_ = false;    // a request has come
  const bool oneTooMany_;
  std::optional<Deadlines::iterator> deadline_;
  std::unique_ptr<Timer> continue_;  // made for who expects 100-continue
  Call next_;                        // reads a request that came before the last was answered
};

}  // namespace evmicro::detail
