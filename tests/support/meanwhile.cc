#include "support/meanwhile.h"

#include <exception>

namespace evmicro::test {

void Meanwhile::run(const std::function<void()>& work) {
  std::exception_ptr problem;
  bool done = false;
  const Call working = worker_.run(
      [&work, &problem] {
        try {
          work();
        } catch (...) {
          problem = std::current_exception();
        }
      },
      [&done](const Status&) { done = true; });
  static_cast<void>(loop_.runUntil([&done] { return done; }));
  if (problem) std::rethrow_exception(problem);
}

}  // namespace evmicro::test
