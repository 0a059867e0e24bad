#pragma once

#include <memory>

#include <evmicro/export.h>
#include <evmicro/transport.h>

namespace evmicro {

class EventLoop;

/// Faults that a memory transport injects, for tests of what stands on a transport.
struct MemoryFaults {
  /// Connections that are refused from now on; counts down.
  int refuse = 0;
  /// Connections that nobody answers, from now on, until their connect time-out; counts down.
  int stall = 0;
  /// Messages that are lost without a trace, from now on; counts down.
  int drop = 0;
  /// The connection breaks instead of delivering this many messages from now on; counts down.
  int breakOff = 0;
};

/// Sockets within one process, without descriptors: both ends use the same transport object. Real
/// in every other respect: ordering, half-close, back-pressure, lifetimes. `loop` must outlive it
/// and its sockets. `faults` is read at each event and may be changed at any time; null: none.
EVMICRO_EXPORT std::unique_ptr<Transport> makeMemoryTransport(
    EventLoop& loop, std::shared_ptr<MemoryFaults> faults = nullptr);

}  // namespace evmicro
