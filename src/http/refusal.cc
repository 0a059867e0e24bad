#include "http/refusal.h"

#include "base/log.h"

namespace evmicro::detail {

void HttpRefusals::note(const HttpRefusal& refusal) {
  switch (refusal.status) {
    case 408: ++tooSlow; break;
    case 413:
    case 431: ++tooLarge; break;
    case 503: ++tooManyConnections; break;
    default: ++malformed; break;
  }
  EVMICRO_LOG_DEBUG("http", "refused a request: " << refusal.status << " " << refusal.reason);
}

void HttpRefusals::noteTls(const std::string& peer) {
  if (!tls_.allow(RateLimiter::Clock::now())) return;
  EVMICRO_LOG_WARN("http", peer << " speaks TLS to a port without TLS");
}

}  // namespace evmicro::detail
