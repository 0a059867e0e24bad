// go.micro.web.greeter: a page for `evmicro web`, with a form whose content go.micro.srv.greeter
// answers.
#include <memory>
#include <string>
#include <utility>

#include <evmicro/service.h>
#include <evmicro/web_service.h>

#include "say.evmicro.h"

namespace greeter = go::micro::srv::greeter;

namespace {

constexpr char kForm[] =
    "<!DOCTYPE html>\n<html><body><h1>Enter Name</h1>\n"
    "<form method=\"post\"><input name=\"name\" type=\"text\" aria-label=\"Name\">"
    "<input type=\"submit\" value=\"Submit\"></form>\n</body></html>\n";

// Text from outside must not become part of the page's markup.
std::string escaped(const std::string& text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<': html += "&lt;"; break;
      case '>': html += "&gt;"; break;
      case '&': html += "&amp;"; break;
      case '"': html += "&quot;"; break;
      default: html += c;
    }
  }
  return html;
}

void sendPage(evmicro::WebReply& reply, const std::string& page) {
  reply.send(200, {{"Content-Type", "text/html; charset=utf-8"}}, page);
}

}  // namespace

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "go.micro.web.greeter";
  evmicro::Service service(options);
  service.init(argc, argv);
  greeter::SayClient say("go.micro.srv.greeter", service.client());
  evmicro::WebService web(service);
  web.handle("GET", "/",
             [](const evmicro::WebRequest&, evmicro::WebReply reply) { sendPage(reply, kForm); });
  web.handle("POST", "/", [&say](const evmicro::WebRequest& request, evmicro::WebReply reply) {
    const auto form = evmicro::parseForm(request.body);
    const std::string name(form ? evmicro::findField(*form, "name").value_or("") : "");
    greeter::Request hello;
    hello.set_name(name.empty() ? "World" : name);
    const auto owed = std::make_shared<evmicro::WebReply>(std::move(reply));
    say.Hello({}, hello, [owed](const evmicro::Result<greeter::Response>& answer) {
      if (answer.ok()) {
        return sendPage(*owed, "<!DOCTYPE html>\n<html><body><h1>" + escaped(answer->msg()) +
                                   "</h1></body></html>\n");
      }
      owed->send(500, {{"Content-Type", "text/plain; charset=utf-8"}},
                 answer.status().detail() + "\n");
    });
  });
  return web.run();
}
