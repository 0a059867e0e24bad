#pragma once

namespace evmicro::detail {

/// Raises this process's limit of open descriptors from the soft one, 1,024 as a rule for the sake
/// of programs that use select(), to the hard one.
void raiseDescriptorLimit() noexcept;

}  // namespace evmicro::detail
