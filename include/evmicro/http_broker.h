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

struct HttpBrokerOptions {
  /// Where messages come in, see Transport::listen. Opened at the first subscription.
  std::string address = ":0";
  /// `host` or `host:port` put into the registry; empty: found as ServerOptions::advertise is.
  std::string advertise;
  ListenOptions limits;
  /// Subscriptions end in the registry unless they are renewed within this time.
  std::chrono::milliseconds registerTtl{60'000};
  std::chrono::milliseconds registerInterval{30'000};
  /// A subscriber that has not answered for so long does not get the message; what waits behind it
  /// fails, too, or goes to another member of the queue.
  std::chrono::milliseconds timeout{5'000};
  /// Messages, and bytes of them, that wait for one subscription; more are dropped. A single
  /// message may be larger.
  std::size_t queueMessages = 1'024;
  std::size_t queueBytes = 64U << 20;
  /// A connection to a subscriber over which nothing is sent is closed.
  std::chrono::milliseconds idle{60'000};
};

/// Broker of go-micro's kind: subscriptions are services `topic:<topic>` in the registry, and each
/// message is an HTTP POST to each of their nodes. Mixes with publishers and subscribers in Go.
/// A message to a queue goes to the member for which the least waits; when it cannot be connected,
/// to another one. All three must outlive it.
EVMICRO_EXPORT std::unique_ptr<Broker> makeHttpBroker(EventLoop& loop, Registry& registry,
                                                      ServiceView& view,
                                                      HttpBrokerOptions options = {});

}  // namespace evmicro
