// go.micro.api.greeter: what stands behind `evmicro api`. It gets whole HTTP requests, asks
// go.micro.srv.greeter, and says what the HTTP reply is to be.
#include <string>

#include <evmicro/service.h>

#include "go_api.pb.h"
#include "json_string.h"
#include "say.evmicro.h"

namespace api = go::micro::api;
namespace greeter = go::micro::srv::greeter;

namespace {

std::string nameIn(const api::Request& request) {
  std::string name;
  const auto found = request.get().find("name");
  if (found == request.get().end()) return name;
  for (const std::string& value : found->second.values()) name += (name.empty() ? "" : " ") + value;
  return name;
}

}  // namespace

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "go.micro.api.greeter";
  evmicro::Service service(options);
  service.init(argc, argv);
  greeter::SayClient say("go.micro.srv.greeter", service.client());
  service.server().handle<api::Request, api::Response>(
      "Say.Hello", [&say](const evmicro::Context& context, const api::Request& request,
                          evmicro::Reply<api::Response> reply) {
        greeter::Request hello;
        hello.set_name(nameIn(request));
        if (hello.name().empty()) {
          return reply.fail(
              evmicro::Status::error(400, "go.micro.api.greeter", "Name cannot be blank"));
        }
        const auto owed = std::make_shared<evmicro::Reply<api::Response>>(std::move(reply));
        say.Hello(context, hello, [owed](const evmicro::Result<greeter::Response>& answer) {
          if (!answer.ok()) return owed->fail(answer.status());
          api::Response response;
          response.set_statuscode(200);
          response.set_body("{\"message\":" + jsonString(answer->msg()) + "}");
          owed->send(response);
        });
      });
  return service.run();
}
