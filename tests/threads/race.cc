// What several threads do with evmicro at the same time: calls and publications through one client,
// functions on a pool, posts, signals, and services on loops of their own. Built with
// ThreadSanitizer by `./dev threads`, without it by the tests. Prints what came out; ends with 0 if
// all was right.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <google/protobuf/wrappers.pb.h>

#include <evmicro/client_facade.h>
#include <evmicro/event_loop.h>
#include <evmicro/offload.h>
#include <evmicro/service.h>

namespace {

using namespace std::chrono_literals;
using evmicro::Context;
using evmicro::Reply;
using evmicro::Result;
using evmicro::Status;
using Text = google::protobuf::StringValue;

constexpr int kThreads = 4;
constexpr int kCalls = 200;
constexpr int kCallsPerSignal = 10;

Text text(const std::string& value) {
  Text made;
  made.set_value(value);
  return made;
}

evmicro::ServiceOptions optionsOf(const std::string& name) {
  evmicro::ServiceOptions options;
  options.name = name;
  options.registry = "memory";
  options.server.address = "127.0.0.1:0";
  options.server.grace = 0ms;
  return options;
}

std::unique_ptr<evmicro::Service> makeGreeter(evmicro::EventLoop& loop, evmicro::Offload& offload) {
  auto service = std::make_unique<evmicro::Service>(loop, optionsOf("greeter"));
  service->server().handle<Text, Text>(
      "Greeter.Hello", [&offload](const Context& context, const Text& request, Reply<Text> reply) {
        offload.answer(context, std::move(reply),
                       [request] { return text("Hello " + request.value()); });
      });
  service->server().subscribe<Text>("topic", [](Context&, const Text&) { return Status(); });
  return service;
}

// A thread of the program: waits for each reply, sends events and signals, and lets some calls
// report to the loop.
int useFacade(evmicro::ClientFacade& facade, int thread) {
  int right = 0;
  for (int i = 0; i < kCalls; ++i) {
    const std::string name = std::to_string(thread) + "/" + std::to_string(i);
    if (i % 10 == 0 && !facade.publish("topic", text(name)).get().ok()) continue;
    // Neither ends a process that does not watch it.
    if (i % kCallsPerSignal == 0 && (raise(SIGWINCH) != 0 || raise(SIGURG) != 0)) continue;
    auto first = facade.call<Text>("greeter", "Greeter.Hello", text(name));
    auto second = std::make_shared<std::promise<bool>>();
    const Status accepted = facade.call<Text>(
        "greeter", "Greeter.Hello", text(name), [second, name](const Result<Text>& reply) {
          second->set_value(reply.ok() && reply->value() == "Hello " + name);
        });
    const auto reply = first.get();
    if (reply.ok() && accepted.ok() && second->get_future().get()) ++right;
  }
  return right;
}

// A loop with a service, the facade and the pool, and threads that use them until all are done.
// Then one thread still calls while the facade is closed.
int serve() {
  evmicro::EventLoop loop;
  evmicro::Offload offload(loop, {2, 1'000});
  const auto service = makeGreeter(loop, offload);
  bool started = false;
  service->start([&started](const Status& status) { started = status.ok(); });
  if (!loop.runUntil([&started] { return started; }).ok()) return 0;

  // One watch stays, the other comes and goes.
  int signals = 0;
  evmicro::Subscription urgent;
  const auto changed = loop.onSignal(SIGWINCH, [&] {
    ++signals;
    if (auto watch = loop.onSignal(SIGURG, [] {}); watch.ok()) urgent = std::move(*watch);
  });
  if (!changed.ok()) return 0;

  evmicro::ClientFacade facade(loop, service->client());
  std::atomic<int> right{0};
  std::atomic<int> ended{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      right += useFacade(facade, thread);
      loop.post([&ended] { ++ended; });
    });
  }
  std::thread late([&facade] {
    while (facade.call<Text>("greeter", "Greeter.Hello", text("late")).get().status().code() !=
           499) {
    }
  });
  const int sent = kThreads * kCalls / kCallsPerSignal;  // by these threads alone
  if (!loop.runUntil([&] { return ended == kThreads && signals >= sent; }).ok()) return 0;
  facade.close();
  late.join();
  for (std::thread& thread : threads) thread.join();
  bool stopped = false;
  service->stop([&stopped](const Status&) { stopped = true; });
  return loop.runUntil([&stopped] { return stopped; }).ok() ? right.load() : 0;
}

// Services on loops of their own, in threads of their own, until the process is told to end: one
// signal ends all. Returns how many have ended well.
int serveUntilTold() {
  std::array<std::promise<void>, 2> turning;
  std::array<int, 2> codes{1, 1};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    threads.emplace_back([&turning, &codes, i] {
      evmicro::Service service(optionsOf("greeter"));
      service.loop().post([&turning, i] { turning[i].set_value(); });
      codes[i] = service.run();
    });
  }
  for (auto& each : turning) each.get_future().wait();
  if (raise(SIGTERM) != 0) return 0;
  for (std::thread& thread : threads) thread.join();
  return static_cast<int>(std::count(codes.begin(), codes.end(), 0));
}

}  // namespace

int main() {
  std::array<int, 2> right{};  // loops that know nothing of each other
  std::thread other([&right] { right[1] = serve(); });
  right[0] = serve();
  other.join();
  const int told = serveUntilTold();
  std::cout << right[0] << " and " << right[1] << " of " << kThreads * kCalls << ", " << told
            << " ended" << std::endl;
  return right[0] == kThreads * kCalls && right[1] == right[0] && told == 2 ? 0 : 1;
}
