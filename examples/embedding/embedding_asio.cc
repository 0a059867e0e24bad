// evmicro on an Asio io_context, which waits for the pump's descriptor, and for a timer that is set
// after each dispatch. With Boost.Asio it is the same, in namespace boost::asio.
#include <optional>
#include <system_error>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <evmicro/loop_pump.h>

#include "greeting_service.h"

namespace {

//! [pump]
// Makes `context` drive `pump`. Both must outlive it, and it must outlive the run of `context`.
class PumpOnAsio {
 public:
  PumpOnAsio(asio::io_context& context, evmicro::LoopPump& pump)
      : pump_(pump), descriptor_(context, pump.fd()), timer_(context) {
    waitForDescriptor();
    setTimer();
  }
  ~PumpOnAsio() { descriptor_.release(); }  // not closed: it is the pump's

 private:
  void waitForDescriptor() {
    descriptor_.async_wait(descriptor_.wait_read, [this](const std::error_code& error) {
      if (error) return;
      dispatch();
      waitForDescriptor();
    });
  }

  void setTimer() {
    timer_.cancel();
    const auto timeout = pump_.nextTimeout();
    if (!timeout) return;
    timer_.expires_after(*timeout);
    timer_.async_wait([this](const std::error_code& error) {
      if (!error) dispatch();
    });
  }

  void dispatch() {
    static_cast<void>(pump_.dispatchReady());
    setTimer();
  }

  evmicro::LoopPump& pump_;
  asio::posix::stream_descriptor descriptor_;
  asio::steady_timer timer_;
};
//! [pump]

}  // namespace

int main() {
  asio::io_context context;
  evmicro::LoopPump pump;
  const PumpOnAsio driver(context, pump);
  bool succeeded = false;
  std::optional<GreetingService> service;
  // Whatever Asio calls uses evmicro in functions that it posts: so the timer is never out of date.
  pump.loop().post([&] {
    service.emplace(pump.loop(), [&](bool ok) {
      succeeded = ok;
      context.stop();
    });
  });
  context.run();
  return succeeded ? 0 : 1;
}
