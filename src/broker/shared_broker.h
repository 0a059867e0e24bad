#pragma once

#include <memory>

#include <evmicro/broker.h>

namespace evmicro {
class EventLoop;
}

namespace evmicro::detail {

/// One service's share in a broker that others use, too. Its withdraw() and stop() leave `broker`
/// open: stop() refuses what this share is asked later and waits for what it has published; the
/// service's subscriptions end with their tokens. Failures of `broker` go to whoever made it.
std::unique_ptr<Broker> shareBroker(EventLoop& loop, std::shared_ptr<Broker> broker);

}  // namespace evmicro::detail
