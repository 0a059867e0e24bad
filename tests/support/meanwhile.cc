#include "support/meanwhile.h"

#include <exception>
#include <utility>

namespace evmicro::test {

Meanwhile::~Meanwhile() {
  over_.set_value();
  for (std::thread& worker : workers_) worker.join();
}

void Meanwhile::run(std::function<void()> work) {
  std::exception_ptr problem;
  bool done = false;
  workers_.emplace_back([this, &done, &problem, work = std::move(work), over = ended_] {
    try {
      work();
    } catch (...) {
      problem = std::current_exception();
    }
    loop_.post([&done] { done = true; });
    over.wait();
  });
  static_cast<void>(loop_.runUntil([&done] { return done; }));
  if (problem) std::rethrow_exception(problem);
}

}  // namespace evmicro::test
