// A program of a stranger's that the threads are counted in: it is linked with the library, and as
// `linked client` also calls through a Client on an event base of its own. Prints the number of its
// threads and whether log4cplus has come into it.
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include <event2/event.h>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/http_transport.h>
#include <evmicro/memory_registry.h>
#include <evmicro/service_view.h>

namespace {

std::string threads() {
  std::ifstream status("/proc/self/status");
  for (std::string key, value; status >> key; std::getline(status, value)) {
    if (key == "Threads:" && status >> value) return value;
  }
  return "unknown";
}

bool log4cplusIsHere() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("log4cplus") != std::string::npos) return true;
  }
  return false;
}

int callNobody(event_base* base) {
  evmicro::EventLoop loop(base);
  const auto registry = evmicro::makeMemoryRegistry(loop);
  evmicro::ServiceView view(loop, *registry);
  const auto transport = evmicro::makeHttpTransport(loop);
  const auto selector = evmicro::makeRandomSelector(view);
  evmicro::ClientOptions options;
  options.contentType = "application/json";
  evmicro::Client client(loop, *transport, *selector, options);
  const evmicro::JsonDocument request;
  const auto reply = client.call<evmicro::JsonDocument>({}, "nobody", "Nobody.Hello", request);
  return reply.status().kind() == evmicro::ErrorKind::kNotFound ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  int outcome = evmicro::Status().ok() ? 0 : 1;
  if (argc > 1 && std::string(argv[1]) == "client") {
    const std::unique_ptr<event_base, decltype(&event_base_free)> base(event_base_new(),
                                                                       event_base_free);
    outcome = callNobody(base.get());
  }
  std::cout << "threads " << threads() << ", log4cplus " << (log4cplusIsHere() ? "yes" : "no")
            << std::endl;
  return outcome;
}
