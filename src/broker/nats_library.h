#pragma once

#include <evmicro/status.h>

namespace evmicro::detail {

/// Loads libnats, unless that has been done. Thread-safe. An error says what is missing
/// (kInternal), or that evmicro was built without NATS (kInvalid).
Status loadNats();

}  // namespace evmicro::detail
