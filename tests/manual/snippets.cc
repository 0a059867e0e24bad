// Code that the manual shows and no example has: compiled, so that it stays right.
#include <syslog.h>

#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/health.h>
#include <evmicro/log.h>
#include <evmicro/service.h>
#include <evmicro/web_files.h>
#include <evmicro/web_server.h>
#include <evmicro/web_socket.h>

#include "greeter.evmicro.h"

namespace {

[[maybe_unused]] void call(const GreeterClient& greeter, const evmicro::Context& context,
                           const HelloRequest& request) {
  //! [call]
  // Blocking: turns the loop until the reply has come.
  const evmicro::Result<HelloResponse> reply = greeter.Hello(request);
  std::cout << (reply.ok() ? reply->greeting() : reply.status().toString()) << '\n';

  // Asynchronous: the callback runs in a later turn of the loop, exactly once.
  greeter.Hello(context, request, [](const evmicro::Result<HelloResponse>& answer) {
    std::cout << (answer.ok() ? answer->greeting() : answer.status().toString()) << '\n';
  });
  //! [call]
}

[[maybe_unused]] void authorise(evmicro::Service& service) {
  //! [peer]
  service.server().wrap([](evmicro::Context context, const evmicro::CallInfo& call,
                           evmicro::CallNext next, evmicro::CallDone done) {
    const auto certificate = call.peer ? call.peer->certificate() : nullptr;
    if (!certificate || certificate->subject != "CN=billing") {
      return done(evmicro::Status::error(403, "greeter", "not for you"));
    }
    next(std::move(context), std::move(done));
  });
  //! [peer]
}

[[maybe_unused]] void collect(evmicro::Service& service, const std::vector<std::string>& jobs) {
  //! [collect]
  service.server().collect([&jobs](evmicro::Metrics& metrics) {
    metrics.gauge("jobs_waiting", "Jobs that wait.", double(jobs.size()));
  });
  //! [collect]
}

[[maybe_unused]] void health(evmicro::Service& service, const evmicro::Status& ofDatabase) {
  //! [health]
  const evmicro::Health health(service.loop(), "database");
  service.server().require(health);
  health.set(ofDatabase);  // whenever it changes
  //! [health]
}

[[maybe_unused]] void stream(evmicro::Service& service) {
  //! [stream]
  service.server().handleStream<HelloRequest, HelloResponse>(
      "Greeter.Chat",
      [](const evmicro::Context&, evmicro::ServerStream<HelloRequest, HelloResponse> chat) {
        chat.onMessage([chat](const HelloRequest& request) mutable {
          HelloResponse response;
          response.set_greeting("Hello " + request.name());
          chat.send(response);
        });
      });

  auto chat = service.client().stream<HelloRequest, HelloResponse>({}, "greeter", "Greeter.Chat");
  chat.onMessage([](const HelloResponse& response) { std::cout << response.greeting() << '\n'; });
  chat.onEnd([](const evmicro::Status& status) { std::cout << status.toString() << '\n'; });
  //! [stream]
}

//! [sink]
class Journal final : public evmicro::LogSink {
  bool enabled(std::string_view, evmicro::LogLevel level) const override {
    return level >= evmicro::LogLevel::kInfo;
  }
  void write(std::string_view package, evmicro::LogLevel, std::string_view text) override {
    ::syslog(LOG_INFO, "%.*s: %.*s", int(package.size()), package.data(), int(text.size()),
             text.data());
  }
};

void logToJournal() {
  static Journal journal;
  evmicro::setLogSink(&journal);
}
//! [sink]

[[maybe_unused]] void serve(evmicro::WebServer& server) {
  //! [pages]
  static std::vector<std::unique_ptr<evmicro::WebSocket>> kept;
  const auto echo = [](const evmicro::WebRequest&, evmicro::WebSocket socket) {
    // Destroying the socket closes it.
    auto& own = *kept.emplace_back(std::make_unique<evmicro::WebSocket>(std::move(socket)));
    own.onMessage([&own](const evmicro::WebSocketMessage& message) { own.sendText(message.data); });
  };
  server.handle("GET", "/echo", evmicro::webSocketHandler(echo));
  server.handle("GET", "/static/{path...}", evmicro::serveFolder("/srv/www"));
  //! [pages]
}

[[maybe_unused]] const auto kUsed = &logToJournal;

}  // namespace
