#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/broker.h>
#include <evmicro/export.h>

namespace evmicro {

class EventLoop;

struct NatsBrokerOptions {
  /// Servers of one cluster, `host:port`, tried in order. Empty: 127.0.0.1:4222.
  std::vector<std::string> addresses;
  /// Messages, and bytes of them, that wait while no server is there, or while it is slow; what is
  /// above either is dropped.
  std::size_t queueMessages = 65'536;
  std::size_t queueBytes = 64U << 20;
  /// Messages, and bytes of them, that have come and wait for their handlers; what is above either
  /// is dropped.
  std::size_t inboxMessages = 65'536;
  std::size_t inboxBytes = 64U << 20;
  /// In which the server must confirm a message that it was sent; then it has failed. For stop():
  /// how long it waits for a server that is away.
  std::chrono::milliseconds timeout{5'000};
};

/// Whether the library was built with NATS (./configure --with-nats).
EVMICRO_EXPORT bool haveNatsBroker() noexcept;

/// Broker that leaves the fan-out to NATS servers, through libnats: one connection for all, however
/// many subscribers there are. `loop` must outlive it. kInvalid errors of subscribe() and publish()
/// tell of a malformed address. Null when the library was built without NATS.
///
/// libnats works with threads of its own (some five for a process, beside one for each broker). No
/// callback runs on them: what comes in is handed to the loop, and a server that hangs delays a
/// thread, never the loop. When a server goes, libnats connects again, to the next one in turn, and
/// takes up the subscriptions; messages that are published meanwhile wait, up to the limit. What
/// was on its way when the connection broke has failed, and may have been delivered.
///
/// NATS does not tell who gets a message. A PublishResult names the server that has taken it,
/// whether anybody listens or not; BrokerStats::delivered counts such messages.
///
/// A message is the JSON object that the http broker posts, as go-micro's NATS broker sends it too:
/// `{"Header":{":topic":"..",..},"Body":"<base64>"}`. The subject is the topic; characters that a
/// subject cannot have (blanks, control characters, `*`, `>`, `%`, dots that leave a token empty)
/// become `%XX`.
EVMICRO_EXPORT std::unique_ptr<Broker> makeNatsBroker(EventLoop& loop,
                                                      NatsBrokerOptions options = {});

}  // namespace evmicro
