// The same unary calls twice: with callbacks and with coroutines. `tests/guard/coroutines` counts
// the instructions of both.
#include <cstdio>
#include <stdexcept>

#include <evmicro/coroutine.h>

#include "guard/greeter.h"

namespace {

using guard::check;
using guard::Text;

// A program's request handler, which owns its call as its last member.
class Caller {
 public:
  Caller(evmicro::EventLoop& loop, evmicro::Client& client) : loop_(loop), client_(client) {
    request_.set_value("John");
  }

  void runCallbacks(int calls) {
    left_ = calls;
    next();
    wait();
  }
  void runCoroutine(int calls) {
    left_ = calls;
    scope_.spawn(callAll());
    wait();
  }

 private:
  void next() {
    client_.call<Text>(context_, "greeter", "Greeter.Hello", request_,
                       [this](const evmicro::Result<Text>& reply) {
                         check(reply);
                         if (--left_ > 0) next();
                       });
  }
  evmicro::Task<> callAll() {
    while (left_ > 0) {
      check(co_await evmicro::awaitCall<Text>(client_, context_, "greeter", "Greeter.Hello",
                                              request_));
      --left_;
    }
  }
  void wait() {
    if (!loop_.runUntil([this] { return left_ == 0; }).ok()) throw std::runtime_error("stopped");
  }

  evmicro::EventLoop& loop_;
  evmicro::Client& client_;
  evmicro::Context context_;
  Text request_;
  int left_ = 0;
  evmicro::CoroutineScope scope_;
};

}  // namespace

// The names are what valgrind is told to collect in.
extern "C" [[gnu::noinline]] void evmicroCallbacks(Caller& caller, int calls) {
  caller.runCallbacks(calls);
}
extern "C" [[gnu::noinline]] void evmicroCoroutines(Caller& caller, int calls) {
  caller.runCoroutine(calls);
}

int main() {
  guard::Greeter greeter;
  Caller caller(greeter.loop(), greeter.client());
  caller.runCallbacks(50);  // to warm up
  caller.runCoroutine(50);
  constexpr int kCalls = 500;
  evmicroCallbacks(caller, kCalls);
  evmicroCoroutines(caller, kCalls);
  std::printf("%d\n", kCalls);
  return 0;
}
