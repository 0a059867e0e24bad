#pragma once

#include "config.h"

/// The package's version, `0.1.0`.
#define EVMICRO_VERSION PACKAGE_VERSION
