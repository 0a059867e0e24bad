#include <evmicro/version.h>

namespace evmicro {

std::string_view version() noexcept { return EVMICRO_VERSION; }

}  // namespace evmicro
