#pragma once

namespace evmicro {

class Server;

namespace detail {

/// Adds the methods that go-micro's servers have without registering them: Debug.Health, and
/// Debug.Stats as in later versions.
void addDebugMethods(Server& server);

}  // namespace detail
}  // namespace evmicro
