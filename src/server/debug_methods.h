#pragma once

namespace evmicro {

class Server;

namespace detail {

/// Adds what go-micro's servers answer without announcing it: Debug.Health, and Debug.Stats as
/// later ones do.
void addDebugMethods(Server& server);

}  // namespace detail
}  // namespace evmicro
