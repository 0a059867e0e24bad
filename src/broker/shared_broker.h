#pragma once

#include <memory>

#include <evmicro/broker.h>

namespace evmicro {
class EventLoop;
}

namespace evmicro::detail {

/// A service's handle to a broker that others use as well. Its withdraw() and stop() leave `broker`
/// open: stop() waits for the publications made through this handle and refuses later ones; the
/// service's subscriptions end with their tokens. Failures of `broker` are reported to its maker
/// only.
std::unique_ptr<Broker> shareBroker(EventLoop& loop, std::shared_ptr<Broker> broker);

}  // namespace evmicro::detail
