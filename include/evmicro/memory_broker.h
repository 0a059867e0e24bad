#pragma once

#include <cstddef>
#include <memory>

#include <evmicro/broker.h>
#include <evmicro/export.h>

namespace evmicro {

class EventLoop;

/// Limits of the memory broker.
struct MemoryBrokerOptions {
  /// At most this many messages are queued for one subscription; more are dropped.
  std::size_t queueMessages = 1'024;
};

/// Broker within this process, for tests and for programs that publish to themselves. `loop` must
/// outlive it.
EVMICRO_EXPORT std::unique_ptr<Broker> makeMemoryBroker(EventLoop& loop,
                                                        MemoryBrokerOptions options = {});

}  // namespace evmicro
