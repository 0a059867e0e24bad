#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/export.h>
#include <evmicro/web_server.h>

namespace evmicro {

class EventLoop;

/// One of the events that an EventSource in a page receives.
struct ServerEvent {
  std::string data;   ///< any text; its lines are sent one by one
  std::string event;  ///< the type; empty: `message`
  std::string id;     ///< what a client that reconnects sends as Last-Event-ID; empty: none
  /// How long the client should wait before it reconnects when the stream has ended; zero: not
  /// sent.
  std::chrono::milliseconds retry{0};
};

/// The text of `event` in a stream of type `text/event-stream`. Line ends within `event` and `id`
/// become blanks.
EVMICRO_EXPORT std::string formatEvent(const ServerEvent& event);

/// A reply that is a stream of server-sent events. Destroying it ends the stream, and no callback
/// runs any more. May outlive connection and server.
class EVMICRO_EXPORT EventStream {
 public:
  /// Of one stream.
  struct Options {
    /// After this time without an event a comment is sent, so that no proxy takes the connection
    /// for idle. Zero: none.
    std::chrono::milliseconds keepAlive{15'000};
    WebFields headers;  ///< more headers
  };

  /// Answers with 200 and begins the stream.
  EventStream(EventLoop& loop, WebReply reply, Options options);
  EventStream(EventLoop& loop, WebReply reply) : EventStream(loop, std::move(reply), Options()) {}
  EventStream(EventStream&&) noexcept;
  EventStream& operator=(EventStream&&) noexcept;
  ~EventStream();

  /// False: more than the high-water mark is queued, so wait for onWritable; or the client has
  /// gone.
  bool send(const ServerEvent& event);
  /// See WebReply::onWritable and WebReply::onGone.
  void onWritable(std::function<void()> onWritable);
  void onGone(std::function<void()> onGone);

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// The id of the last event that a reconnecting client has received; empty if there is none.
EVMICRO_EXPORT std::string_view lastEventId(const WebRequest& request);

}  // namespace evmicro
