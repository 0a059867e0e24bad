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

/// A connection to NATS, kept up by libnats and by a thread of its own. Nothing here blocks, and
/// everything is called on the loop's thread; so is the observer, in later turns.
class NatsLink {
 public:
  struct Options {
    NatsServers servers;
    std::size_t inboxMessages;
    std::size_t inboxBytes;
  };
  class Observer {
   public:
    /// `host:port`. Also again after an onDisconnected().
    virtual void onConnected(const std::string& server) = 0;
    /// Why; also when there was no connection yet. Comes again while no server is reached.
    virtual void onDisconnected(const std::string& why) = 0;
    /// `subject` is empty unless the subscription has wildcards. May destroy the link.
    virtual void onMessage(std::uint64_t subscription, const std::string& subject,
                           const std::string& data) = 0;
    /// May destroy the link.
    virtual void onEcho(std::uint64_t number) = 0;
    /// libnats has refused a publication: it is too large, for example. Comes before the next echo.
    virtual void onRefused(std::uint64_t publication, const std::string& why) = 0;
    /// The server or libnats reports an error that does not end the connection, such as a
    /// subscription that is not permitted.
    virtual void onError(const std::string& what) = 0;
    /// After close(): all has ended. May destroy the link.
    virtual void onEnded() = 0;
    /// So many messages did not fit into the inbox.
    virtual void onLost(std::size_t count) = 0;

   protected:
    ~Observer() = default;
  };

  /// Connects. `observer` must outlive it.
  NatsLink(EventLoop& loop, Options options, Observer& observer);
  NatsLink(const NatsLink&) = delete;
  NatsLink& operator=(const NatsLink&) = delete;
  /// At once: what has not been sent is lost, and the thread ends by itself, after onEnded() here.
  ~NatsLink();

  /// Ends the connection and the thread; then onEnded().
  void close();

  /// These are done in order, and last over new connections. `subscription` is never used again.
  void subscribe(std::uint64_t subscription, std::string subject, std::string queue);
  void unsubscribe(std::uint64_t subscription);
  /// Unsubscribes; what the server has sent already still comes.
  void drain(std::uint64_t subscription);
  void publish(std::uint64_t publication, std::string subject, std::string data);
  /// Comes back as onEcho() once the server has taken everything before it, and after all messages
  /// that have come until then. Not if the connection breaks meanwhile.
  void echo(std::uint64_t number);

 private:
  std::shared_ptr<NatsWorker> worker_;  // shared with its thread and with libnats' callbacks
  std::thread thread_;
};

}  // namespace evmicro::detail
