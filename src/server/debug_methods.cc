#include "server/debug_methods.h"

#include <evmicro/server.h>

#include "server/debug.pb.h"

namespace evmicro::detail {

void addDebugMethods(Server& server) {
  HandleOptions hidden;
  hidden.announce = HandleOptions::Announce::kNo;
  server.handle<HealthRequest, HealthResponse>(
      "Debug.Health",
      [](Context&, const HealthRequest&, HealthResponse& response) -> Status {
        response.set_status("ok");
        return {};
      },
      hidden);
}

}  // namespace evmicro::detail
