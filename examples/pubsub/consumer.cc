// Prints the messages of a topic, until it is stopped.
#include <csignal>
#include <iostream>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>

namespace {

constexpr char kTopic[] = "go.micro.topic.foo";

// The header as Go prints a map: `map[id:0]`.
void print(std::string_view, const evmicro::BrokerMessage& message) {
  std::cout << "[sub] received message: " << message.body << " header map[";
  const char* separator = "";
  for (const auto& [name, value] : message.header) {
    std::cout << separator << name << ':' << value;
    separator = " ";
  }
  std::cout << ']' << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  std::string queue;
  evmicro::ServiceOptions options;
  options.name = "pubsub_consumer";
  options.flags = {{"queue", "share the messages with other subscribers of this queue", &queue}};
  evmicro::Service service(options);
  service.init(argc, argv);
  const auto subscription = service.broker().subscribe(kTopic, print, {queue, {}});
  if (!subscription.ok()) {
    std::cerr << subscription.status().toString() << std::endl;
    return 1;
  }
  const auto stop = [&service] { service.broker().stop([&service] { service.loop().stop(); }); };
  const auto interrupted = service.loop().onSignal(SIGINT, stop);
  const auto terminated = service.loop().onSignal(SIGTERM, stop);
  return service.loop().run().ok() ? 0 : 1;
}
