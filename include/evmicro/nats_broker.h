#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/broker.h>
#include <evmicro/broker_credentials.h>
#include <evmicro/export.h>
#include <evmicro/tls.h>

namespace evmicro {

class EventLoop;

/// Servers, credentials and limits of the NATS broker.
struct NatsBrokerOptions {
  /// Servers of one cluster, tried in order: `[nats://|tls://][user:password@|token@]host[:port]`,
  /// credentials percent-encoded. One tls:// makes all connections use TLS. Empty: 127.0.0.1:4222.
  std::vector<std::string> addresses;
  BrokerCredentials credentials;
  /// For servers that use TLS, by the address or because they require it. caPath must be empty.
  TlsOptions tls;
  /// Limits of the queue of outgoing messages, which fills while no server is connected or the
  /// server is slow; messages above are dropped.
  std::size_t queueMessages = 65'536;
  std::size_t queueBytes = 64U << 20;
  /// Limits of the queue of received messages that wait for their handlers; messages above are
  /// dropped.
  std::size_t inboxMessages = 65'536;
  std::size_t inboxBytes = 64U << 20;
  /// How long to wait after publish() for the server to confirm the message before it counts as
  /// failed: kUnavailable if it was not sent, because no server could be reached or none accepted
  /// the credentials; otherwise kTimeout.
  std::chrono::milliseconds timeout{5'000};
  /// How long withdraw() and stop() each wait for the server.
  std::chrono::milliseconds drain{2'500};
};

/// Whether the library was built with NATS (./configure --with-nats).
EVMICRO_EXPORT bool haveNatsBroker() noexcept;

/// Broker that leaves the fan-out to NATS servers, through libnats: one connection, however many
/// subscribers there are. `loop` must outlive it. Null when the library was built without NATS.
/// subscribe() and publish() fail with kInvalid when an address is malformed or the credentials
/// contradict each other. The first of them loads libnats; if that is not installed, they fail with
/// kInternal.
///
/// libnats has threads of its own (about five per process, and one per broker). No callback runs on
/// them: messages are passed to the loop, and a server that hangs delays a thread, never the loop.
/// When a connection breaks, libnats connects again, to the next server in turn, and subscribes
/// again; messages that are published meanwhile are queued for up to the timeout. Messages that
/// were sent but not confirmed count as failed, and may have been delivered.
///
/// NATS does not report who receives a message. A PublishResult names the server that has accepted
/// it, even if nobody has subscribed; BrokerStats::delivered counts such messages.
///
/// A message is the JSON object that the http broker posts, as go-micro's NATS broker sends it too:
/// `{"Header":{":topic":"..",..},"Body":"<base64>"}`. The subject is the topic; characters that a
/// subject cannot have (blanks, control characters, `*`, `>`, `%`, dots that leave a token empty)
/// become `%XX`. In the topic of a subscription, `*` as a whole token matches any token, and `>` as
/// the last one matches all that follow; the handler gets the topic of the message. The name of a
/// queue is the queue group's: one with blanks or control characters is an error (kInvalid).
EVMICRO_EXPORT std::unique_ptr<Broker> makeNatsBroker(EventLoop& loop,
                                                      NatsBrokerOptions options = {});

}  // namespace evmicro
