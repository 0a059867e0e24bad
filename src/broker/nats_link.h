#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include <evmicro/event_loop.h>

#include "broker/nats_servers.h"

namespace evmicro::detail {

class NatsWorker;

/// A connection to NATS, maintained by libnats and a thread of its own. No function blocks. All
/// functions are called on the loop's thread; so are the observer's, in later turns.
class NatsLink {
 public:
  struct Options {
    NatsServers servers;
    std::size_t inboxMessages;
    std::size_t inboxBytes;
  };
  class Observer {
   public:
    /// `server` is `host:port`. Runs again after each reconnect.
    virtual void onConnected(const std::string& server) = 0;
    /// The connection was lost, or could not be established. Runs again while no server can be
    /// reached.
    virtual void onDisconnected(const std::string& why) = 0;
    /// `subject` is empty unless the subscription has wildcards. May destroy the link.
    virtual void onMessage(std::uint64_t subscription, const std::string& subject,
                           const std::string& data) = 0;
    /// May destroy the link.
    virtual void onEcho(std::uint64_t number) = 0;
    /// libnats has refused a publication, which is too large, for example. Runs before the next
    /// echo.
    virtual void onRefused(std::uint64_t publication, const std::string& why) = 0;
    /// The server or libnats reports an error that does not end the connection, such as a
    /// subscription that is not permitted.
    virtual void onError(const std::string& what) = 0;
    /// Runs after close(), when everything has ended. May destroy the link.
    virtual void onEnded() = 0;
    /// `count` messages were dropped because the inbox was full.
    virtual void onLost(std::size_t count) = 0;

   protected:
    ~Observer() = default;
  };

  /// Connects. `observer` must outlive it. @pre loadNats() has succeeded.
  NatsLink(EventLoop& loop, Options options, Observer& observer);
  NatsLink(const NatsLink&) = delete;
  NatsLink& operator=(const NatsLink&) = delete;
  /// Immediate: unsent messages are lost, and the thread ends by itself. After onEnded() the thread
  /// is joined here.
  ~NatsLink();

  /// Ends the connection and the thread; then onEnded().
  void close();

  /// These are executed in order, and subscriptions survive reconnects. A number is never reused.
  void subscribe(std::uint64_t subscription, std::string subject, std::string queue);
  void unsubscribe(std::uint64_t subscription);
  /// Unsubscribes; messages that the server has sent already still arrive.
  void drain(std::uint64_t subscription);
  void publish(std::uint64_t publication, std::string subject, std::string data);
  /// onEcho() runs when the server has processed everything before it, and after all messages that
  /// have arrived until then. Not if the connection breaks meanwhile.
  void echo(std::uint64_t number);

 private:
  EventLoop& loop_;
  std::shared_ptr<NatsWorker> worker_;  // shared with its thread and libnats' callbacks
  std::thread thread_;
};

}  // namespace evmicro::detail
