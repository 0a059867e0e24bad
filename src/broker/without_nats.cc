#include <evmicro/nats_broker.h>

namespace evmicro {

bool haveNatsBroker() noexcept { return false; }

std::unique_ptr<Broker> makeNatsBroker(EventLoop&, NatsBrokerOptions) { return nullptr; }

}  // namespace evmicro
