// Calls every method of go-micro's example service, and prints what go-micro's client prints.
#include <iostream>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>

#include "example.evmicro.h"

namespace {

using namespace go::micro::srv::example;

bool complain(const char* what, const evmicro::Status& why) {
  std::cout << std::flush;
  std::cerr << what << why.toString() << std::endl;
  return false;
}

bool call(const ExampleClient& example, int i) {
  evmicro::Context context;
  context.metadata().set("X-User-Id", "john");
  context.metadata().set("X-From-Id", "script");
  Request request;
  request.set_name("John");
  const auto reply = example.Call(context, request);
  if (!reply.ok()) return complain("call err: ", reply.status());
  std::cout << "Call: " << i << " rsp: " << reply->msg() << '\n';
  return true;
}

bool stream(const ExampleClient& example, evmicro::EventLoop& loop, int count) {
  bool ended = false;
  evmicro::Status outcome;
  StreamingRequest request;
  request.set_count(count);
  auto stream = example.Stream(evmicro::Context(), request);
  stream.onMessage(
      [](StreamingResponse response) { std::cout << "Stream: rsp: " << response.count() << '\n'; });
  stream.onEnd([&](evmicro::Status status) {
    outcome = status;
    ended = true;
  });
  const evmicro::Status turned = loop.runUntil([&ended] { return ended; });
  if (!turned.ok()) outcome = turned;
  return outcome.ok() || complain("stream err: ", outcome);
}

bool pingPong(const ExampleClient& example, evmicro::EventLoop& loop, int count) {
  bool ended = false;
  evmicro::Status outcome;
  int stroke = 0;
  //! [pingpong]
  auto stream = example.PingPong(evmicro::Context());
  const auto next = [&] {
    if (stroke == count) return stream.finishSending();
    Ping ping;
    ping.set_stroke(++stroke);
    stream.send(ping);
  };
  stream.onMessage([&](Pong pong) {
    std::cout << "Sent ping " << stroke << " got pong " << pong.stroke() << '\n';
    next();
  });
  stream.onEnd([&](evmicro::Status status) {
    outcome = status;
    ended = true;
  });
  next();
  //! [pingpong]
  const evmicro::Status turned = loop.runUntil([&ended] { return ended; });
  if (!turned.ok()) outcome = turned;
  return outcome.ok() || complain("stream err: ", outcome);
}

bool publish(evmicro::Client& client) {
  evmicro::Context context;
  context.metadata().set("X-User-Id", "john");
  context.metadata().set("X-From-Id", "script");
  //! [publish]
  Message message;
  message.set_say("This is a publication");
  const evmicro::Status status = client.publish(context, "topic.go.micro.srv.example", message);
  //! [publish]
  if (!status.ok()) return complain("pub err: ", status);
  std::cout << "Published: " << message.say() << '\n';
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 10;
  std::string part = "all";
  evmicro::ServiceOptions options;
  options.name = "go.micro.cli.example";
  options.client.streamIdle = std::chrono::seconds(5);
  options.flags = {{"count", "number of calls, counts and pings", &count},
                   {"part", "what to do: all, call, stream, pingpong, publish", &part}};
  evmicro::Service service(options);
  service.init(argc, argv);
  const ExampleClient example("go.micro.srv.example", service.client());
  const auto wanted = [&part](const char* name) { return part == "all" || part == name; };

  if (wanted("call")) {
    std::cout << "\n--- Call example ---\n\n";
    for (int i = 0; i < count; ++i) {
      if (!call(example, i)) return 1;
    }
  }
  if (wanted("stream")) {
    std::cout << "\n--- Streamer example ---\n\n";
    if (!stream(example, service.loop(), count)) return 1;
  }
  if (wanted("pingpong")) {
    std::cout << "\n--- Ping Pong example ---\n\n";
    if (!pingPong(example, service.loop(), count)) return 1;
  }
  if (wanted("publish")) {
    std::cout << "\n--- Publisher example ---\n\n";
    if (!publish(service.client())) return 1;
  }
  std::cout << std::flush;
  return 0;
}
