// A service and calls without generated code: handlers and messages by hand.
#include <evmicro/service.h>
#include <iostream>

using evmicro::JsonDocument;

int main(int argc, char** argv) {
  evmicro::Service service(evmicro::ServiceOptions{});
  service.init(argc, argv);
  service.server().handle<JsonDocument, JsonDocument>(
      "Echo.Say",
      [](evmicro::Context context, JsonDocument said, evmicro::Reply<JsonDocument> reply) {
        if (context.metadata().has("X-Name")) return reply.send(said);
        reply.fail(evmicro::Status::invalid("no name"));
      });
  service.server().wrap([](evmicro::Context context, const evmicro::CallInfo& call,
                           evmicro::CallNext next, evmicro::CallDone done) {
    std::clog << call.method << " is called" << std::endl;
    next(std::move(context), std::move(done));
  });
  bool started = false;
  service.start([&started](evmicro::Status) { started = true; });
  if (!service.loop().runUntil([&started] { return started; }).ok()) return 1;

  evmicro::CallOptions options;
  options.contentType = "application/json";
  options.address = service.server().address();
  for (const char* name : {"John", ""}) {
    evmicro::Context context;
    if (*name) context.metadata().set("X-Name", name);
    const auto reply = service.client().call<JsonDocument>(
        context, "echo", "Echo.Say", JsonDocument{R"({"name":"John"})"}, options);
    std::cout << (reply.ok() ? reply->text : reply.status().detail()) << std::endl;
  }
}
