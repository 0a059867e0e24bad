#pragma once

namespace evmicro {

class Server;

namespace detail {

/// Adds what every go-micro server answers without announcing it: Debug.Health.
void addDebugMethods(Server& server);

}  // namespace detail
}  // namespace evmicro
