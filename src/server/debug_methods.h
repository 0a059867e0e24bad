#pragma once

#include <functional>

#include <evmicro/status.h>

namespace evmicro {

class Server;

namespace detail {

/// Adds the methods that go-micro's servers have without registering them: Debug.Health, and
/// Debug.Stats as in later versions. `health` says whether the program is well.
void addDebugMethods(Server& server, std::function<Status()> health);

}  // namespace detail
}  // namespace evmicro
