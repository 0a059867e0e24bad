#pragma once

#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/registry.h>
#include <evmicro/web_server.h>

#include "gateway/gateway_web.h"
#include "gateway/pending_calls.h"
#include "gateway/registry_watches.h"

namespace evmicro::gateway {

/// The registry by HTTP: GET /registry lists the names of all services, with `?service=NAME` the
/// versions of one; POST registers and DELETE deregisters the service in the body; GET
/// /registry/watch streams changes.
class RegistryEndpoints {
 public:
  /// Both must outlive it.
  RegistryEndpoints(EventLoop& loop, Registry& registry);

  /// Adds the routes. It must outlive `web`.
  void addTo(GatewayWeb& web);
  /// Ends the streams of /registry/watch.
  void stop() { watches_.stop(); }

 private:
  void read(const WebRequest& request, WebReply reply);
  void list(WebReply reply);
  void find(const std::string& name, WebReply reply);
  void add(const WebRequest& request, WebReply reply);
  void remove(const WebRequest& request, WebReply reply);

  Registry& registry_;
  RegistryWatches watches_;
  PendingCalls pending_;
};

}  // namespace evmicro::gateway
