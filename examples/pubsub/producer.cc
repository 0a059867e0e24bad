// Publishes a message a second to a topic, until it is stopped or has sent enough.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>
#include <evmicro/timer.h>

namespace {

constexpr char kTopic[] = "go.micro.topic.foo";

// As Go prints a time: `2016-03-14 10:59:14.123456789 +0000 UTC`.
std::string now() {
  using namespace std::chrono;
  const auto since = system_clock::now().time_since_epoch();
  const std::time_t seconds = duration_cast<std::chrono::seconds>(since).count();
  const auto rest = static_cast<long>((duration_cast<nanoseconds>(since) % 1s).count());
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32], text[64];
  std::strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%09ld +0000 UTC", date, rest);
  return text;
}

class Producer {
 public:
  Producer(evmicro::Service& service, int count)
      : service_(service), count_(count), next_(service.loop(), [this] { publish(); }) {
    next_.start({});
  }

  // Stops publishing; queued messages are still sent.
  void stop() {
    next_.stop();
    service_.broker().stop([this] { service_.loop().stop(); });
  }

 private:
  void publish() {
    //! [publish]
    evmicro::BrokerMessage message;
    message.header["id"] = std::to_string(sent_);
    message.body = std::to_string(sent_) + ": " + now();
    std::cout << "[pub] pubbed message: " << message.body << std::endl;
    service_.broker().publish(kTopic, std::move(message), [](const auto& result) {
      const evmicro::Status status = result.ok() ? result->status() : result.status();
      if (!status.ok()) std::cerr << "[pub] failed: " << status.toString() << std::endl;
    });
    //! [publish]
    if (++sent_ == count_) return stop();
    next_.start(std::chrono::seconds(1));
  }

  evmicro::Service& service_;
  const int count_;
  int sent_ = 0;
  evmicro::Timer next_;
};

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  evmicro::ServiceOptions options;
  options.name = "pubsub_producer";
  options.flags = {{"count", "number of messages to publish; 0: no limit", &count}};
  evmicro::Service service(options);
  service.init(argc, argv);
  Producer producer(service, count);
  const auto interrupted = service.loop().onSignal(SIGINT, [&producer] { producer.stop(); });
  const auto terminated = service.loop().onSignal(SIGTERM, [&producer] { producer.stop(); });
  return service.loop().run().ok() ? 0 : 1;
}
