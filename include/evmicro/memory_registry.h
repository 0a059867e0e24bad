#pragma once

#include <memory>

#include <evmicro/export.h>
#include <evmicro/registry.h>

namespace evmicro {

class EventLoop;

/// Registry in this process's memory, for tests and for services that call each other within one
/// process. TTLs expire as in Consul. `loop` must outlive it.
EVMICRO_EXPORT std::unique_ptr<Registry> makeMemoryRegistry(EventLoop& loop);

}  // namespace evmicro
