#include "support/process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace evmicro::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kPipeSize = 65536;

struct Pipe {
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2: out of descriptors?");
  }
  int ends[2];
};

bool configuresService(std::string_view variable) {
  for (const char* prefix : {"MICRO_", "CONSUL_", "ETCD_"}) {
    if (variable.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

std::vector<std::string> environmentWith(const std::vector<std::string>& added) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable; ++variable) {
    if (!configuresService(*variable)) result.emplace_back(*variable);
  }
  result.insert(result.end(), added.begin(), added.end());
  return result;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

// Between fork and exec: system calls only. Comes back with errno of what failed.
void become(char* const* arguments, char* const* environment, const ProcessOptions& options, int in,
            int out, int err) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // A shell without job control starts what runs in the background with these ignored.
  for (const int number : {SIGINT, SIGQUIT}) ::signal(number, SIG_DFL);
  if (options.descriptors != 0) {
    const rlimit limit{options.descriptors, options.descriptors};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  }
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) return;
  if (::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0) return;
  ::execve(arguments[0], arguments, environment);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, ProcessOptions options) {
  for (const std::string& word : command) command_ += (command_.empty() ? "" : " ") + word;
  const std::vector<std::string> variables = environmentWith(options.environment);
  const std::vector<char*> arguments = pointers(command);
  const std::vector<char*> environment = pointers(variables);
  const Pipe in, out, err, failure;
  const std::string& input = options.input;
  if (input.size() > kPipeSize || (::write(in.ends[1], input.data(), input.size()) < 0)) {
    throw std::runtime_error("more input than a pipe holds");
  }
  ::close(in.ends[1]);
  const bool broken = options.out == ProcessOptions::Stdout::kBroken;
  if (broken) ::close(out.ends[0]);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork: out of processes?");
  if (pid_ == 0) {
    become(arguments.data(), environment.data(), options, in.ends[0], out.ends[1], err.ends[1]);
    const int why = errno;
    [[maybe_unused]] const auto told = ::write(failure.ends[1], &why, sizeof why);
    ::_exit(127);
  }
  for (const Pipe* pipe : {&out, &err, &failure}) ::close(pipe->ends[1]);
  ::close(in.ends[0]);
  outPipe_ = broken ? -1 : out.ends[0];
  errPipe_ = err.ends[0];
  int why = 0;  // exec closes this pipe: nothing comes when it worked
  const bool failed = ::read(failure.ends[0], &why, sizeof why) > 0;
  ::close(failure.ends[0]);
  if (!failed) return;
  reap(0);
  for (const int pipe : {outPipe_, errPipe_}) {
    if (pipe >= 0) ::close(pipe);
  }
  throw std::runtime_error("cannot start " + command_ + ": " + std::strerror(why));
}

Process::~Process() {
  signal(SIGKILL);
  reap(0);
  for (const int pipe : {outPipe_, errPipe_}) {
    if (pipe >= 0) ::close(pipe);
  }
}

void Process::signal(int number) {
  if (!exit_) ::kill(pid_, number);  // not reaped: the pid is still its own
}

void Process::closeOut() {
  if (outPipe_ >= 0) ::close(std::exchange(outPipe_, -1));
}

void Process::freeze() {
  signal(SIGSTOP);
  siginfo_t stopped{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED);
}

void Process::thaw() { signal(SIGCONT); }

bool Process::reap(int options) {
  int status = 0;
  if (exit_) return true;
  pid_t ended;
  while ((ended = ::waitpid(pid_, &status, options)) < 0 && errno == EINTR) {
  }
  if (ended != pid_) return false;
  exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool Process::running() { return !reap(WNOHANG); }

bool Process::read(Deadline deadline) {
  pollfd pipes[] = {{outPipe_, POLLIN, 0}, {errPipe_, POLLIN, 0}};
  if (outPipe_ < 0 && errPipe_ < 0) return false;
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
  if (left <= 0) return false;
  const int ready = ::poll(pipes, 2, static_cast<int>(left));
  if (ready < 0) return errno == EINTR;
  if (ready == 0) return false;
  const auto drain = [](const pollfd& pipe, int& end, std::string& text) {
    if (pipe.fd < 0 || pipe.revents == 0) return;
    char bytes[4096];
    const ssize_t count = ::read(pipe.fd, bytes, sizeof bytes);
    if (count > 0) {
      text.append(bytes, static_cast<std::size_t>(count));
    } else {
      ::close(std::exchange(end, -1));
    }
  };
  drain(pipes[0], outPipe_, out_);
  drain(pipes[1], errPipe_, err_);
  return true;
}

bool Process::readUntil(const std::function<bool()>& done) {
  const Deadline deadline = steady_clock::now() + kPatience;
  while (!done()) {
    if (!read(deadline)) return done();
  }
  return true;
}

bool Process::prints(std::string_view text) {
  return readUntil(
      [&] { return out_.find(text) != std::string::npos || err_.find(text) != std::string::npos; });
}

std::optional<std::string> Process::printsLine(std::string_view text) {
  std::string line;
  const auto complete = [&](const std::string& printed) {
    const std::size_t at = printed.find(text);
    const std::size_t end = printed.find('\n', at);
    if (at == std::string::npos || end == std::string::npos) return false;
    line = printed.substr(at + text.size(), end - at - text.size());
    return true;
  };
  if (!readUntil([&] { return complete(out_) || complete(err_); })) return std::nullopt;
  return line;
}

void Process::discardOutput() {
  while (read(steady_clock::now() + milliseconds(1))) {
  }
  out_.clear();
  err_.clear();
}

std::optional<int> Process::wait() {
  const Deadline deadline = steady_clock::now() + kPatience;
  while (read(deadline)) {
  }
  // The pipes are closed at the end of the program, or by a program that lives on: for that one
  // the rest of the time is looked at every 10 ms.
  while (!reap(WNOHANG) && steady_clock::now() < deadline) ::poll(nullptr, 0, 10);
  return exit_;
}

std::string Process::report() const {
  std::string text = command_ + "\n  exit code: " + (exit_ ? std::to_string(*exit_) : "none yet");
  return text + "\n  stdout:\n" + out_ + "\n  stderr:\n" + err_;
}

milliseconds Process::cpuTime() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string text;
  std::getline(file, text);
  // The second field, the name in parentheses, may hold blanks: count from its end.
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

Finished run(const std::vector<std::string>& command, ProcessOptions options) {
  Process process(command, std::move(options));
  const auto code = process.wait();
  if (!code) throw std::runtime_error("does not end: " + process.report());
  return {*code, process.out(), process.err()};
}

}  // namespace evmicro::test
