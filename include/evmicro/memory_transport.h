#pragma once

#include <memory>

#include <evmicro/export.h>
#include <evmicro/transport.h>

namespace evmicro {

class EventLoop;

/// Faults that a memory transport injects, for tests of code that uses a transport. Each counter is
/// the number of faults still to inject.
struct MemoryFaults {
  /// Refuse the next connections.
  int refuse = 0;
  /// Leave the next connections unanswered until their connect timeout.
  int stall = 0;
  /// Lose the next messages silently.
  int drop = 0;
  /// Break the connection instead of delivering the next messages.
  int breakOff = 0;
};

/// Sockets within one process, without descriptors: both ends use the same transport object.
/// Ordering, half-close, flow control and lifetimes are those of any other transport. `loop` must
/// outlive it and its sockets. `faults` is read at each event and may be changed at any time; null:
/// no faults.
EVMICRO_EXPORT std::unique_ptr<Transport> makeMemoryTransport(
    EventLoop& loop, std::shared_ptr<MemoryFaults> faults = nullptr);

}  // namespace evmicro
