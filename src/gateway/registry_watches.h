#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include <evmicro/event_loop.h>
#include <evmicro/registry.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// Answers requests with the changes of the registry, as server-sent events: `create`, `update` and
/// `delete` with `{"action":..,"service":{..}}`, first `create` for what exists, and `error` when
/// the registry stops answering. A comment every 15 s keeps the connection open.
///
/// For a client that reads slowly only the last state of each version is kept, so it misses
/// intermediate states, but never the final one.
class RegistryWatches {
 public:
  /// Both must outlive it.
  RegistryWatches(EventLoop& loop, Registry& registry);
  RegistryWatches(const RegistryWatches&) = delete;
  RegistryWatches& operator=(const RegistryWatches&) = delete;
  ~RegistryWatches();

  /// Streams the changes of `service`, empty: of all services, until the client disconnects.
  void start(const std::string& service, WebReply reply);
  /// Ends all streams.
  void stop();

 private:
  class Watch;
  void over(Watch& watch);

  EventLoop& loop_;
  Registry& registry_;
  std::unordered_map<Watch*, std::unique_ptr<Watch>> watches_;
};

}  // namespace evmicro::gateway
