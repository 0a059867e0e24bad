// What a program outside this source tree sees: the installed headers and the library's symbols.
#include <cstdio>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/timer.h>

int main() {
  evmicro::EventLoop loop;
  int turns = 0;
  evmicro::Timer timer(loop, [&] {
    ++turns;
    loop.stop();
  });
  timer.start(std::chrono::milliseconds(0));
  const evmicro::Status status = loop.run();
  if (!status.ok() || turns != 1) {
    std::fprintf(stderr, "the loop did not turn: %s\n", status.detail().c_str());
    return 1;
  }
  return 0;
}
