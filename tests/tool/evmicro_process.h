#pragma once

#include <string>
#include <vector>

#include <evmicro/event_loop.h>

#include "support/process.h"

namespace evmicro::test {

/// `evmicro --registry_address REGISTRY WORD...`; with an empty `registry` without that flag.
std::vector<std::string> evmicroCommand(const std::string& registry,
                                        const std::vector<std::string>& words);

/// Runs it to its end.
Finished evmicro(const std::string& registry, const std::vector<std::string>& words,
                 ProcessOptions options = {});

/// The same while `loop` turns, on which the services are that it calls.
Finished evmicroWith(EventLoop& loop, const std::string& registry,
                     const std::vector<std::string>& words, ProcessOptions options = {});

}  // namespace evmicro::test
