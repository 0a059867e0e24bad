// The work that `tests/guard/check` counts the instructions of: unary calls, one after another,
// through client, selector, memory transport, server and both codecs. Nothing in it depends on
// chance, on addresses or on how fast the machine is.
#include <cstdio>
#include <stdexcept>

#include <jansson.h>

#include "guard/greeter.h"

namespace {

using guard::check;
using guard::Text;

class Caller {
 public:
  Caller(evmicro::EventLoop& loop, evmicro::Client& client) : loop_(loop), client_(client) {
    request_.set_value("John");
  }

  void run(const char* contentType, int calls) {
    options_.contentType = contentType;
    left_ = calls;
    next();
    const evmicro::Status turned = loop_.runUntil([this] { return left_ == 0; });
    if (!turned.ok()) throw std::runtime_error(turned.toString());
  }

 private:
  void next() {
    client_.call<Text>(
        context_, "greeter", "Greeter.Hello", request_,
        [this](const evmicro::Result<Text>& reply) { answered(reply); }, options_);
  }

  void answered(const evmicro::Result<Text>& reply) {
    check(reply);
    if (--left_ > 0) next();
  }

  evmicro::EventLoop& loop_;
  evmicro::Client& client_;
  evmicro::CallOptions options_;
  evmicro::Context context_;
  Text request_;
  int left_ = 0;
};

}  // namespace

// The name is what valgrind is told to collect in.
extern "C" [[gnu::noinline]] void evmicroGuardedCalls(Caller& caller, int calls) {
  caller.run("application/octet-stream", calls);
  caller.run("application/json", calls);
}

int main() {
  json_object_seed(1);  // jansson's hash tables would differ from run to run
  guard::Greeter greeter;
  Caller caller(greeter.loop(), greeter.client());
  caller.run("application/octet-stream", 50);  // to warm up
  caller.run("application/json", 50);
  constexpr int kCalls = 500;
  evmicroGuardedCalls(caller, kCalls);
  std::printf("%d\n", 2 * kCalls);
  return 0;
}
