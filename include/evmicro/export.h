#pragma once

/// Marks what the shared library shows; everything else in it is hidden.
#define EVMICRO_EXPORT [[gnu::visibility("default")]]
