#include <evmicro/nats_broker.h>

#include "broker/nats_library.h"

namespace evmicro {

bool haveNatsBroker() noexcept { return false; }

std::unique_ptr<Broker> makeNatsBroker(EventLoop&, NatsBrokerOptions) { return nullptr; }

Status detail::loadNats() { return Status::invalid("evmicro was built without NATS"); }

}  // namespace evmicro
