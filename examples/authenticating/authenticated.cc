// A greeter that knows who calls: by a token that a function checks, by a signed JSON Web Token, or
// by the certificate of the caller.
#include <iostream>
#include <string>

#include <evmicro/auth.h>
#include <evmicro/service.h>

#include "greeter.evmicro.h"

namespace {

struct Rules {
  std::string token;
  std::string jwtSecret;
  std::string subject;
};

class Greeter final : public GreeterHandler {
  evmicro::Status Hello(evmicro::Context& context, const HelloRequest& request,
                        HelloResponse& response) override {
    //! [handler]
    const auto caller = context.metadata().get("Jwt-Subject");  // set by jwtAuth
    response.set_greeting("Hello " + request.name() +
                          (caller ? ", says " + std::string(*caller) : std::string()));
    //! [handler]
    return {};
  }
};

// Health checks come without a token.
const evmicro::AuthScope kScope{{"Debug.*"}};

//! [protect]
evmicro::Status protect(evmicro::Server& server, const Rules& rules) {
  if (!rules.token.empty()) {
    const auto check = [token = rules.token](std::string_view shown, const evmicro::CallInfo&) {
      if (shown == token) return evmicro::Status();
      return evmicro::Status::error(401, "greeter", "an unknown token");
    };
    server.wrap(evmicro::bearerAuth(check, kScope));
  }
  if (!rules.jwtSecret.empty()) {
    evmicro::JwtOptions options;
    options.keys = {{"HS256", rules.jwtSecret, ""}};
    options.scope = kScope;
    auto wrapper = evmicro::jwtAuth(options);
    if (!wrapper.ok()) return wrapper.status();
    server.wrap(*wrapper);
  }
  if (!rules.subject.empty()) server.wrap(evmicro::allowSubjects({rules.subject}, kScope));
  return {};
}
//! [protect]

int call(evmicro::Service& service, const std::string& token) {
  //! [call]
  evmicro::Context context;
  if (!token.empty()) context.metadata().set("Authorization", "Bearer " + token);
  HelloRequest request;
  request.set_name("John");
  const auto reply = GreeterClient("greeter", service.client()).Hello(context, request);
  //! [call]
  std::cout << (reply.ok() ? reply->greeting() : reply.status().toString()) << std::endl;
  return reply.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  bool client = false;
  Rules rules;
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.flags = {
      {"client", "call the greeter once instead of being one", &client},
      {"token", "the token that callers must show; with --client: to show", &rules.token},
      {"jwt_secret", "file with the secret of JSON Web Tokens (HS256)", &rules.jwtSecret},
      {"subject", "name in the certificate that callers must have", &rules.subject}};
  evmicro::Service service(options);
  service.init(argc, argv);
  if (client) return call(service, rules.token);
  const evmicro::Status status = protect(service.server(), rules);
  if (!status.ok()) {
    std::cerr << status.detail() << std::endl;
    return 1;
  }
  Greeter greeter;
  registerGreeterHandler(service.server(), greeter);
  return service.run();
}
