#include "tool/evmicro_process.h"

#include <chrono>
#include <stdexcept>

#include <evmicro/timer.h>

#include "support/turn_until.h"

namespace evmicro::test {

std::vector<std::string> evmicroCommand(const std::string& registry,
                                        const std::vector<std::string>& words) {
  std::vector<std::string> command = {TEST_BUILD_DIR "/evmicro"};
  if (!registry.empty()) command.insert(command.end(), {"--registry_address", registry});
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

Finished evmicro(const std::string& registry, const std::vector<std::string>& words,
                 ProcessOptions options) {
  return run(evmicroCommand(registry, words), std::move(options));
}

Finished evmicroWith(EventLoop& loop, const std::string& registry,
                     const std::vector<std::string>& words, ProcessOptions options) {
  Process process(evmicroCommand(registry, words), std::move(options));
  Timer look(loop, [&] { look.start(std::chrono::milliseconds(5)); });  // the loop has to wake up
  look.start({});
  if (!turnUntil(
          loop, [&] { return !process.running(); }, Process::kPatience)) {
    throw std::runtime_error("does not end: " + process.report());
  }
  const int code = process.wait().value_or(-1);
  return {code, process.out(), process.err()};
}

}  // namespace evmicro::test
