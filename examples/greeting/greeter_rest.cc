// go.micro.api.greeter as REST, behind `evmicro api --api_handler=proxy`: a service that speaks
// HTTP, and asks go.micro.srv.greeter.
#include <memory>
#include <string>
#include <utility>

#include <evmicro/service.h>
#include <evmicro/web_service.h>

#include "json_string.h"
#include "say.evmicro.h"

namespace greeter = go::micro::srv::greeter;

namespace {

void sendJson(evmicro::WebReply& reply, int status, const std::string& name,
              const std::string& text) {
  reply.send(status, {{"Content-Type", "application/json"}},
             "{\n  \"" + name + "\": " + jsonString(text) + "\n}\n");
}

}  // namespace

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "go.micro.api.greeter";
  evmicro::Service service(options);
  service.init(argc, argv);
  greeter::SayClient say("go.micro.srv.greeter", service.client());
  //! [routes]
  evmicro::WebService web(service);
  web.handle("GET", "/greeter", [](const evmicro::WebRequest&, evmicro::WebReply reply) {
    sendJson(reply, 200, "message", "Hi, this is the Greeter API");
  });
  web.handle("GET", "/greeter/{name}",
             [&say](const evmicro::WebRequest& request, evmicro::WebReply reply) {
               greeter::Request hello;
               hello.set_name(request.params.at("name"));
               const auto owed = std::make_shared<evmicro::WebReply>(std::move(reply));
               say.Hello({}, hello, [owed](const evmicro::Result<greeter::Response>& answer) {
                 if (!answer.ok()) return sendJson(*owed, 500, "error", answer.status().detail());
                 sendJson(*owed, 200, "msg", answer->msg());
               });
             });
  return web.run();
  //! [routes]
}
