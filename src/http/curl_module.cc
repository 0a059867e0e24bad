#include <evmicro/export.h>

#include "http/curl_functions.h"

namespace {
constexpr evmicro::detail::CurlFunctions kFunctions{};
}  // namespace

extern "C" EVMICRO_EXPORT const evmicro::detail::Module evmicroCurlModule =
    evmicro::detail::moduleOf(kFunctions);
