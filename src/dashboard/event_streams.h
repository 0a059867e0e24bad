#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/server_events.h>
#include <evmicro/web_server.h>

namespace evmicro::dashboard {

/// Clients that all receive the same server-sent events, until they disconnect. A client that reads
/// too slowly misses events, and is told how many by an event `missed`.
class EventStreams {
 public:
  /// Accepts `most` clients. `onEmpty` runs when the last one has gone; it may destroy this object.
  EventStreams(EventLoop& loop, std::size_t most, std::function<void()> onEmpty = {});
  EventStreams(const EventStreams&) = delete;
  EventStreams& operator=(const EventStreams&) = delete;
  ~EventStreams() = default;

  /// Begins the stream of events to a client; 503 if there are too many.
  void add(WebReply reply);
  /// Sends an event to all clients. `data`: one line.
  void send(std::string_view event, std::string_view data);
  /// Ends all streams; further clients are refused.
  void end();

  std::size_t size() const noexcept { return clients_.size(); }

 private:
  struct Client {
    EventStream stream;
    bool slow = false;
    std::uint64_t missed = 0;
  };

  void remove(std::list<Client>::iterator client);

  EventLoop& loop_;
  const std::size_t most_;
  const std::function<void()> onEmpty_;
  bool ended_ = false;
  std::list<Client> clients_;
};

}  // namespace evmicro::dashboard
