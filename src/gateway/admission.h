#pragma once

#include <memory>
#include <string>
#include <vector>

#include <evmicro/auth.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/web_server.h>
#include <evmicro/wrapper.h>

namespace evmicro::gateway {

struct AdmissionOptions {
  double requestsPerSecond = 0;  ///< of all clients together; more get a 429. 0: no limit
  /// Requests must have a token that one of these keys has signed; none: they need not.
  JwtOptions jwt;
};

/// Which requests are served: those that the library's wrappers let pass, as calls.
class Admission {
 public:
  /// `loop` must outlive it. `id`: of a refusal.
  Admission(EventLoop& loop, std::string id, AdmissionOptions options);

  /// Reads the keys. The error says which one cannot be used.
  Status open();
  /// Passes the request to `handler`, or refuses it: 401, 403, 429. Handlers see who calls in
  /// Jwt-Issuer and Jwt-Subject, which a client cannot set.
  void pass(WebRequest request, WebReply reply, const WebServer::Handler& handler) const;

 private:
  EventLoop& loop_;
  const std::string id_;
  const AdmissionOptions options_;
  std::shared_ptr<std::vector<Wrapper>> wrappers_;
};

}  // namespace evmicro::gateway
