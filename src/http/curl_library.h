#pragma once

#include <evmicro/status.h>

namespace evmicro::detail {

/// Loads libcurl and initialises it, unless that has been done; never undone, because the process
/// may use libcurl elsewhere. Thread-safe. An error (kInternal) says what is missing.
Status loadCurl();

}  // namespace evmicro::detail
