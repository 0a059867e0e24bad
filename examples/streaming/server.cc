// go-micro's example service: a call, a stream of replies, a stream both ways, and two subscribers.
#include <evmicro/event_loop.h>
#include <evmicro/log.h>
#include <evmicro/service.h>

#include "example.evmicro.h"

namespace {

using namespace go::micro::srv::example;

// One stream of counts. It waits when the reader is slow, and returns to the loop now and then when
// the reader is fast, so that other callers are served.
class Count {
 public:
  using Stream = evmicro::ServerStream<StreamingRequest, StreamingResponse>;

  Count(evmicro::EventLoop& loop, std::int64_t end, Stream stream)
      : loop_(loop), end_(end), stream_(std::move(stream)) {}

  //! [counting]
  static void goOn(const std::shared_ptr<Count>& self) {
    for (int batch = 0; batch < 100; ++batch) {
      if (self->next_ >= self->end_) return self->stream_.finish();
      StreamingResponse response;
      response.set_count(self->next_++);
      if (!self->stream_.send(response)) return;  // onWritable continues, unless the stream is over
    }
    self->loop_.post([self] { goOn(self); });
  }
  //! [counting]

 private:
  evmicro::EventLoop& loop_;
  const std::int64_t end_;
  std::int64_t next_ = 0;
  Stream stream_;
};

class Example final : public ExampleHandler {
 public:
  explicit Example(evmicro::Service& service) : service_(service) {}

 private:
  evmicro::Status Call(evmicro::Context&, const Request& request, Response& response) override {
    evmicro::log("example", evmicro::LogLevel::kDebug, "Received Example.Call request");
    response.set_msg(service_.server().options().id + ": Hello " + request.name());
    return {};
  }

  void Stream(evmicro::Context, StreamingRequest request, Count::Stream stream) override {
    evmicro::log("example", evmicro::LogLevel::kDebug,
                 "Received Example.Stream request with count: " + std::to_string(request.count()));
    const auto count = std::make_shared<Count>(service_.loop(), request.count(), stream);
    stream.onWritable([count] { Count::goOn(count); });
    Count::goOn(count);
  }

  //! [pingpong]
  void PingPong(evmicro::Context, evmicro::ServerStream<Ping, Pong> stream) override {
    stream.onMessage([stream](Ping ping) mutable {
      evmicro::log("example", evmicro::LogLevel::kDebug,
                   "Got ping " + std::to_string(ping.stroke()));
      Pong pong;
      pong.set_stroke(ping.stroke());
      if (!stream.send(pong)) stream.pause();  // stop reading from a peer that does not read
    });
    stream.onWritable([stream]() mutable { stream.resume(); });
  }
  //! [pingpong]

  evmicro::Service& service_;
};

constexpr char kTopic[] = "topic.go.micro.srv.example";

// A subscriber as a function object, which could have state.
class Subscriber {
 public:
  evmicro::Status handle(const Message& message) {
    evmicro::log("example", evmicro::LogLevel::kInfo, "Handler Received message: " + message.say());
    return {};
  }
};

evmicro::Status handleMessage(evmicro::Context&, const Message& message) {
  evmicro::log("example", evmicro::LogLevel::kInfo, "Function Received message: " + message.say());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  evmicro::ServiceOptions options;
  options.name = "go.micro.srv.example";
  evmicro::Service service(options);
  service.init(argc, argv);
  Example example(service);
  registerExampleHandler(service.server(), example);
  Subscriber subscriber;
  service.server().subscribe<Message>(kTopic,
                                      [&subscriber](evmicro::Context&, const Message& message) {
                                        return subscriber.handle(message);
                                      },
                                      {"", "Example.Handle"});
  //! [subscribe]
  service.server().subscribe<Message>(kTopic, handleMessage);
  //! [subscribe]
  return service.run();
}
