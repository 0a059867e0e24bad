#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <evmicro/event_loop.h>

#include "broker/nats_functions.h"
#include "broker/nats_link.h"

namespace evmicro::detail {

using NatsConnection = ModuleHandle<natsConnection, nats, &NatsFunctions::natsConnection_Destroy>;
using NatsOptions = ModuleHandle<natsOptions, nats, &NatsFunctions::natsOptions_Destroy>;
using NatsSubscription =
    ModuleHandle<natsSubscription, nats, &NatsFunctions::natsSubscription_Destroy>;
using NatsMessage = ModuleHandle<natsMsg, nats, &NatsFunctions::natsMsg_Destroy>;

/// The part of a NatsLink that runs on other threads. Its own thread makes the calls of libnats,
/// which may block, and gets commands through a queue. Events of libnats' threads go to the loop
/// through an inbox.
class NatsWorker {
 public:
  struct Command {
    enum class What { kSubscribe, kUnsubscribe, kDrain, kPublish, kEcho };
    What what;
    std::uint64_t number = 0;  ///< of the subscription, the publication or the echo
    std::string subject;
    std::string text;  ///< the message, or the name of the queue
  };
  struct Event {
    enum class What { kConnected, kDisconnected, kMessage, kEcho, kRefused, kError, kEnded };
    What what;
    std::uint64_t number = 0;
    std::string text;
    std::string subject;  ///< of a message to a subscription with wildcards
  };

  NatsWorker(EventLoop& loop, NatsLink::Options options, NatsLink::Observer& observer);
  NatsWorker(const NatsWorker&) = delete;
  NatsWorker& operator=(const NatsWorker&) = delete;
  ~NatsWorker();

  /// Call it on the loop's thread. `self` is this object.
  static std::thread start(const std::shared_ptr<NatsWorker>& self);
  void command(Command command);
  /// Makes the thread end as soon as possible; onEnded() reports it.
  void close();
  /// The same, without any further callback.
  void mute();
  /// Whether onEnded() has run.
  bool ended() const noexcept { return ended_; }

 private:
  /// libnats' reference to a worker; deleted by the last callback of its kind.
  struct Closure {
    std::shared_ptr<NatsWorker> worker;
    std::uint64_t subscription = 0;
    bool wildcard = false;
  };

  void run(const std::shared_ptr<NatsWorker>& self);
  bool connect(const std::shared_ptr<NatsWorker>& self);
  natsStatus configure(natsOptions* options, Closure* closure);
  void serve(const std::shared_ptr<NatsWorker>& self);
  void execute(const std::shared_ptr<NatsWorker>& self, Command& command);
  void subscribe(const std::shared_ptr<NatsWorker>& self, std::uint64_t number);
  bool pause();
  void tell(Event event);
  void tellConnected(natsConnection* connection);
  void deliver();

  static void onConnected(natsConnection* connection, void* closure);
  static void onDisconnected(natsConnection* connection, void* closure);
  static void onClosed(natsConnection* connection, void* closure);
  static void onError(natsConnection*, natsSubscription*, natsStatus error, void* closure);
  static void onMessage(natsConnection*, natsSubscription*, natsMsg* message, void* closure);
  static void onComplete(void* closure);

  EventLoop& loop_;  // used under the mutex, and not after muted_
  const NatsLink::Options options_;
  NatsLink::Observer* observer_;  // only on the loop's thread; null once muted
  bool ended_ = false;            // only on the loop's thread

  // Only on the worker's thread.
  struct Wanted {
    std::string subject;
    std::string queue;
  };
  NatsConnection connection_;
  std::map<std::uint64_t, Wanted> wanted_;
  std::map<std::uint64_t, NatsSubscription> subscriptions_;

  std::mutex mutex_;  // guards the following members
  std::condition_variable changed_;
  std::deque<Command> commands_;
  std::deque<Event> inbox_;
  std::size_t inboxMessages_ = 0;
  std::size_t inboxBytes_ = 0;
  std::size_t lost_ = 0;
  std::weak_ptr<NatsWorker> self_;
  bool closed_ = false;  // libnats has given up the connection
  bool ending_ = false;
  bool muted_ = false;
};

}  // namespace evmicro::detail
