// A program of a stranger's in which the shared objects are counted:
//   user service             serves, calls and publishes, with a registry and a broker in memory
//   user address             the same on an event base of its own, with calls by address
//   user consul|etcd ADDRESS asks a registry, then serves and calls all the same
//   user nats ADDRESS        publishes by NATS, then serves and calls all the same
//   user threads ADDRESS     several threads ask Consul at the same time
//   user fork ADDRESS        a child asks Consul
//   user init FLAG...        reads the flags of a service
// Prints what came out, and at the end `mapped FILE` for each shared object of the process.
#include <array>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <google/protobuf/wrappers.pb.h>

#include <evmicro/consul_registry.h>
#include <evmicro/etcd_registry.h>
#include <evmicro/event_loop.h>
#include <evmicro/nats_broker.h>
#include <evmicro/service.h>

namespace {

using evmicro::Context;
using evmicro::EventLoop;
using evmicro::Result;
using evmicro::Status;
using Text = google::protobuf::StringValue;
using Names = std::vector<std::string>;

Text text(const std::string& value) {
  Text made;
  made.set_value(value);
  return made;
}

void printMapped() {
  std::set<std::string> files;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::size_t path = line.find('/');
    if (path != std::string::npos && line.find(".so", path) != std::string::npos) {
      files.insert(line.substr(path));
    }
  }
  for (const std::string& file : files) std::cout << "mapped " << file << '\n';
}

// Serves, calls and publishes. `borrowed` may be null.
std::string serveAndCall(event_base* borrowed, bool byAddress) {
  const auto loop =
      borrowed ? std::make_unique<EventLoop>(borrowed) : std::make_unique<EventLoop>();
  evmicro::ServiceOptions options;
  options.name = "greeter";
  options.registry = "memory";
  options.broker = "memory";
  options.server.address = "127.0.0.1:0";
  options.server.grace = std::chrono::milliseconds(0);
  evmicro::Service service(*loop, options);
  service.server().handle<Text, Text>("Greeter.Hello",
                                      [](Context&, const Text& request, Text& response) {
                                        response.set_value("Hello " + request.value());
                                        return Status();
                                      });
  bool received = false;
  service.server().subscribe<Text>("topic", [&received](Context&, const Text&) {
    received = true;
    return Status();
  });
  std::optional<Status> started;
  service.start([&started](const Status& status) { started = status; });
  if (!loop->runUntil([&started] { return started.has_value(); }).ok()) return "no turn";
  if (!started->ok()) return started->detail();
  evmicro::CallOptions call;
  if (byAddress) call.address = service.server().address();
  const auto reply =
      service.client().call<Text>({}, "greeter", "Greeter.Hello", text("John"), call);
  if (!reply.ok()) return reply.status().detail();
  const Status published = service.client().publish({}, "topic", text("event"));
  if (!published.ok()) return published.detail();
  return received ? reply->value() : "no event";
}

std::string ask(EventLoop& loop, evmicro::Registry& registry) {
  std::optional<Result<Names>> names;
  const evmicro::Call call =
      registry.listServices([&names](Result<Names> found) { names = std::move(found); });
  const Status turned = loop.runUntil([&names] { return names.has_value(); });
  if (!turned.ok()) return turned.detail();
  return names->ok() ? "asked" : names->status().detail();
}

std::string askConsul(const std::string& address) {
  EventLoop loop;
  evmicro::ConsulOptions options;
  options.addresses = {address};
  return ask(loop, *evmicro::makeConsulRegistry(loop, options));
}

std::string askEtcd(const std::string& address) {
  EventLoop loop;
  evmicro::EtcdOptions options;
  options.addresses = {address};
  return ask(loop, *evmicro::makeEtcdRegistry(loop, options));
}

std::string publishByNats(const std::string& address) {
  EventLoop loop;
  evmicro::NatsBrokerOptions options;
  options.addresses = {address};
  const auto broker = evmicro::makeNatsBroker(loop, options);
  if (!broker) return "no NATS";
  std::string outcome;
  broker->publish("topic", {{}, "body"}, [&outcome](const Result<evmicro::PublishResult>& result) {
    if (!result.ok()) {
      outcome = result.status().detail();
    } else {
      outcome = result->failed.empty() ? "published" : result->failed[0].why.detail();
    }
  });
  const Status turned = loop.runUntil([&outcome] { return !outcome.empty(); });
  return turned.ok() ? outcome : turned.detail();
}

std::string askByThreads(const std::string& address) {
  std::array<std::string, 8> outcomes;
  std::vector<std::thread> threads;
  for (std::string& outcome : outcomes) {
    threads.emplace_back([&outcome, &address] { outcome = askConsul(address); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& outcome : outcomes) {
    if (outcome != "asked") return outcome;
  }
  return "asked";
}

std::string askByChild(const std::string& address) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string outcome = askConsul(address);
    if (outcome != "asked") std::cerr << outcome << std::endl;
    ::_exit(outcome == "asked" ? 0 : 1);
  }
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0 ? "asked" : "the child failed";
}

std::string readFlags(int argc, char** argv) {
  evmicro::Service service(evmicro::ServiceOptions{});
  std::string output;
  const auto parsed = service.configure(argc, argv, output);
  return parsed.ok() ? "configured" : parsed.status().detail();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const std::string address = argc > 2 ? argv[2] : "";
  if (what == "consul") std::cout << askConsul(address) << '\n';
  if (what == "etcd") std::cout << askEtcd(address) << '\n';
  if (what == "nats") std::cout << publishByNats(address) << '\n';
  if (what == "threads") std::cout << askByThreads(address) << '\n';
  if (what == "fork") std::cout << askByChild(address) << '\n';
  if (what == "init") std::cout << readFlags(argc - 1, argv + 1) << '\n';
  if (what == "address") {
    const std::unique_ptr<event_base, decltype(&event_base_free)> base(event_base_new(),
                                                                       event_base_free);
    std::cout << serveAndCall(base.get(), true) << '\n';
  } else {
    std::cout << serveAndCall(nullptr, false) << '\n';
  }
  printMapped();
  std::cout.flush();
  return 0;
}
