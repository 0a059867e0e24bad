#include "broker/nats_library.h"

#include "broker/nats_functions.h"

// Defined in programs that are linked with the module for libnats.
extern "C" __attribute__((weak)) const evmicro::detail::Module evmicroNatsModule;

namespace evmicro::detail {

namespace {

LoadedModule<NatsFunctions> libnats({"libnats", "evmicro-nats.so", "evmicroNatsModule",
                                     "libevmicro0-nats"});

}  // namespace

Status loadNats() { return libnats.load(&evmicroNatsModule); }

const NatsFunctions& nats() noexcept { return libnats.functions(); }

}  // namespace evmicro::detail
