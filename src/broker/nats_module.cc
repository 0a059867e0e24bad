#include <evmicro/export.h>

#include "broker/nats_functions.h"

namespace {
constexpr evmicro::detail::NatsFunctions kFunctions{};
}  // namespace

extern "C" EVMICRO_EXPORT const evmicro::detail::Module evmicroNatsModule =
    evmicro::detail::moduleOf(kFunctions);
