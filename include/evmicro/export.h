#pragma once

#if __cplusplus < 201703L
#error "evmicro needs C++17 or later: compile with -std=c++17"
#endif
#ifndef __cpp_rtti
#error "evmicro needs run-time type information: compile without -fno-rtti"
#endif

/// Marks the symbols that the shared library exports; all others are hidden.
#define EVMICRO_EXPORT [[gnu::visibility("default")]]
