// The greeter inside a program that owns its event_base: evmicro works on it, never dispatches it
// and leaves signals to the program.
#include <csignal>
#include <iostream>
#include <memory>
#include <utility>

#include <event2/event.h>

#include <evmicro/event_loop.h>
#include <evmicro/service.h>

#include "greeter.evmicro.h"

namespace {

using Base = std::unique_ptr<event_base, decltype(&event_base_free)>;
using Event = std::unique_ptr<event, decltype(&event_free)>;

class Greeter final : public GreeterHandler {
 public:
  int greeted() const { return greeted_; }

 private:
  evmicro::Status Hello(evmicro::Context&, const HelloRequest& request,
                        HelloResponse& response) override {
    ++greeted_;
    response.set_greeting("Hello " + request.name());
    return {};
  }
  int greeted_ = 0;
};

// The rest of the program: its own timer and its own signal handlers.
class Program {
 public:
  Program(event_base* base, evmicro::Service& service, const Greeter& greeter)
      : base_(base),
        service_(service),
        greeter_(greeter),
        tick_(event_new(base, -1, EV_PERSIST, onTick, this), event_free),
        interrupt_(evsignal_new(base, SIGINT, onSignal, this), event_free),
        terminate_(evsignal_new(base, SIGTERM, onSignal, this), event_free) {
    const timeval second{1, 0};
    event_add(tick_.get(), &second);
    event_add(interrupt_.get(), nullptr);
    event_add(terminate_.get(), nullptr);
  }

  //! [run]
  int run() {
    service_.start([this](evmicro::Status status) {
      if (!status.ok()) end(std::move(status));
    });
    event_base_dispatch(base_);
    return failed_ ? 1 : 0;
  }
  //! [run]

 private:
  static void onTick(evutil_socket_t, short, void* self) {
    std::cout << "greeted " << static_cast<Program*>(self)->greeter_.greeted() << std::endl;
  }
  static void onSignal(evutil_socket_t, short, void* self) { static_cast<Program*>(self)->stop(); }

  void stop() {
    if (std::exchange(stopping_, true)) return end(evmicro::Status::cancelled("second signal"));
    service_.stop([this](evmicro::Status status) { end(std::move(status)); });
  }
  void end(evmicro::Status status) {
    failed_ = !status.ok();
    if (failed_) std::cerr << status.toString() << std::endl;
    event_base_loopbreak(base_);
  }

  event_base* base_;
  evmicro::Service& service_;
  const Greeter& greeter_;
  bool stopping_ = false;
  bool failed_ = false;
  Event tick_, interrupt_, terminate_;
};

}  // namespace

int main(int argc, char** argv) {
  //! [service]
  const Base base(event_base_new(), event_base_free);
  evmicro::EventLoop loop(base.get());
  evmicro::ServiceOptions options;
  options.name = "greeter";
  evmicro::Service service(loop, options);
  service.init(argc, argv);
  //! [service]
  Greeter greeter;
  registerGreeterHandler(service.server(), greeter);
  return Program(base.get(), service, greeter).run();
}
