#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <evmicro/broker.h>
#include <evmicro/export.h>
#include <evmicro/transport.h>

namespace evmicro {

class EventLoop;
class Registry;
class ServiceView;

/// Limits and addresses of the http broker.
struct HttpBrokerOptions {
  /// Where to receive messages, see Transport::listen. Opened by the first subscription.
  std::string address = ":0";
  /// The address to register, see ServerOptions::advertise.
  std::string advertise;
  ListenOptions limits;
  /// If it is set, messages are received by TLS, with this certificate. If it trusts certificate
  /// authorities, publishers must show a certificate that is signed by one of them.
  std::shared_ptr<const TlsOptions> serverTls;
  /// For connections to subscribers that announce TLS. Never null.
  std::shared_ptr<const TlsOptions> clientTls = std::make_shared<const TlsOptions>();
  /// Subscriptions expire in the registry unless they are renewed within this time.
  std::chrono::milliseconds registerTtl{60'000};
  std::chrono::milliseconds registerInterval{30'000};
  /// If a subscriber does not answer within this time, the message has failed, and so have the
  /// messages queued behind it, unless they can go to another member of the queue.
  std::chrono::milliseconds timeout{5'000};
  /// Limits of the queue of one subscription, in messages and in bytes; messages above are dropped.
  /// A single message may be larger.
  std::size_t queueMessages = 1'024;
  std::size_t queueBytes = 64U << 20;
  /// A connection to a subscriber is closed when nothing has been sent for this long.
  std::chrono::milliseconds idle{60'000};
};

/// Compatible with go-micro's http broker: subscriptions are services `topic:<topic>` in the
/// registry, and each message is sent to each of their nodes by an HTTP POST. Works with publishers
/// and subscribers in Go. A message to a queue goes to the member with the shortest queue; if that
/// cannot be connected, to another one. All three references must outlive it.
EVMICRO_EXPORT std::unique_ptr<Broker> makeHttpBroker(EventLoop& loop, Registry& registry,
                                                      ServiceView& view,
                                                      HttpBrokerOptions options = {});

}  // namespace evmicro
