// evmicro as its users have it: a Service with generated handlers. Only the registry is one in
// memory, because nobody looks the service up.
#include <array>
#include <stdexcept>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>

#include "bench/responders.h"
#include "bench/tls.h"
#include "example.evmicro.h"
#include "greeter.evmicro.h"

namespace evmicro::bench {

namespace {

namespace example = go::micro::srv::example;

class Greeter final : public GreeterHandler {
  Status Hello(Context&, const HelloRequest& request, HelloResponse& response) override {
    response.set_greeting("Hello " + request.name());
    return {};
  }
};

class Example final : public example::ExampleHandler {
 public:
  explicit Example(EventLoop& loop) : loop_(loop) {}

 private:
  using Counting = ServerStream<example::StreamingRequest, example::StreamingResponse>;

  // One count on its way: it waits for a slow reader, and gives the loop a turn now and then.
  struct Count {
    EventLoop& loop;
    const std::int64_t end;
    Counting stream;
    std::int64_t next = 0;

    static void goOn(const std::shared_ptr<Count>& self) {
      for (int batch = 0; batch < 100; ++batch) {
        if (self->next >= self->end) return self->stream.finish();
        example::StreamingResponse response;
        response.set_count(self->next++);
        if (!self->stream.send(response)) return;
      }
      self->loop.post([self] { goOn(self); });
    }
  };

  Status Call(Context&, const example::Request&, example::Response&) override { return {}; }

  void Stream(Context, example::StreamingRequest request, Counting stream) override {
    const auto count = std::make_shared<Count>(Count{loop_, request.count(), stream});
    stream.onWritable([count] { Count::goOn(count); });
    Count::goOn(count);
  }

  void PingPong(Context, ServerStream<example::Ping, example::Pong> stream) override {
    stream.onMessage([stream](example::Ping ping) mutable {
      example::Pong pong;
      pong.set_stroke(ping.stroke());
      if (!stream.send(pong)) stream.pause();
    });
    stream.onWritable([stream]() mutable { stream.resume(); });
  }

  EventLoop& loop_;
};

void serve(const std::string& transport, const TlsOptions& tls, const Listening& listening) {
  ServiceOptions options;
  options.name = "greeter";
  options.transport = transport;
  options.registry = "memory";
  options.logLevel = "warn";
  options.server.address = "127.0.0.1:0";
  options.server.tls = tls;
  Service service(options);
  const std::array<const char*, 1> arguments{"bench"};
  service.init(1, arguments.data());
  Greeter greeter;
  registerGreeterHandler(service.server(), greeter);
  Example example(service.loop());
  example::registerExampleHandler(service.server(), example);
  service.start([&](const Status& status) {
    if (!status.ok()) throw std::runtime_error(status.toString());
    const std::string address = service.server().address();
    listening(std::stoi(address.substr(address.rfind(':') + 1)));
  });
  const Status ended = service.loop().run();
  if (!ended.ok()) throw std::runtime_error(ended.toString());
}

}  // namespace

void serveByEvmicro(const Listening& listening) { serve("http", {}, listening); }
void serveByEvmicroOnEvhttp(const Listening& listening) { serve("evhttp", {}, listening); }

#ifdef EVMICRO_BENCH_TLS
void serveByEvmicroTls(const Listening& listening) {
  TlsOptions tls;
  tls.certificate = tlsFiles().certificate;
  tls.key = tlsFiles().key;
  serve("http", tls, listening);
}
#endif

}  // namespace evmicro::bench
