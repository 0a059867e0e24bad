// The `evmicro` program.
#include <csignal>
#include <initializer_list>

#include <fcntl.h>

#include "tool/command_line.h"

namespace {

// A standard stream that is closed would be the next descriptor: text for stdout would go into a
// socket. What takes its place cannot be used, so that using it fails as it should.
void fillStandardStreams() {
  for (const int stream : {0, 1, 2}) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // writing to a closed pipe is an error that is told
  fillStandardStreams();
  return evmicro::tool::runCommandLine(argc, argv);
}
