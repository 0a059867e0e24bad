#pragma once

/// Marks the symbols that the shared library exports; all others are hidden.
#define EVMICRO_EXPORT [[gnu::visibility("default")]]
