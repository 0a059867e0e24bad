#include "tool/output.h"

#include <cerrno>
#include <cstring>
#include <iostream>

#include <poll.h>
#include <unistd.h>

#include "tool/printable.h"

namespace evmicro::tool {

namespace {

bool writable(int descriptor) {
  pollfd wait{descriptor, POLLOUT, 0};
  return ::poll(&wait, 1, -1) > 0 || errno == EINTR;
}

}  // namespace

Status print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR || (errno == EAGAIN && writable(STDOUT_FILENO))) continue;
    return brokenStdout(errno);
  }
  return {};
}

Status brokenStdout(int error) {
  return Status::internal("cannot write to stdout: " + std::string(std::strerror(error)));
}

ExitCode show(std::string_view text) {
  const Status printed = print(text);
  return printed.ok() ? kDone : fail(printed);
}

ExitCode fail(const Status& why) {
  std::cerr << "evmicro: " << printable(why.detail()) << std::endl;
  return kFailed;
}

void warn(std::string_view what) {
  std::cerr << "evmicro: warning: " << printable(what) << std::endl;
}

}  // namespace evmicro::tool
