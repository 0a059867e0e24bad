#pragma once

/// Keeps a class that is nested in an exported one from being exported with it: `class
/// EVMICRO_HIDDEN Server::Impl {...};`, where it is defined.
#define EVMICRO_HIDDEN [[gnu::visibility("hidden")]]
