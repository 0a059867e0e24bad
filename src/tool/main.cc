// The `evmicro` program.
#include <csignal>

#include "tool/command_line.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // writing to a closed pipe is an error that is told
  return evmicro::tool::runCommandLine(argc, argv);
}
