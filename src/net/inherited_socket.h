#pragma once

#include <evmicro/status.h>

namespace evmicro::detail {

/// A duplicate of the descriptor `number`, a listening stream socket that another program has
/// opened (systemd's socket activation, a parent): not blocking (the original shares that),
/// close-on-exec; the caller's to close. The original stays open: who connects while nobody accepts
/// waits in its backlog. Errors say what the descriptor is instead.
Result<int> duplicateListeningSocket(int number);

}  // namespace evmicro::detail
