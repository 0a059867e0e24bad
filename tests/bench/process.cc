#include "bench/process.h"

#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace evmicro::bench {

namespace {

double microseconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

[[noreturn]] void runChild(Role role, const std::function<void(const Process::Tell&)>& body,
                           int pipe) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pin(role);
  // What this process has freed before is resident, and would be handed out again as if it were
  // none of the child's.
  ::malloc_trim(0);
  try {
    body([pipe](const void* value, std::size_t size) {
      if (::write(pipe, value, size) != static_cast<ssize_t>(size)) std::_Exit(1);
    });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
  }
  std::_Exit(1);
}

std::vector<int> allowedProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);
  std::vector<int> processors;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) processors.push_back(i);
  }
  return processors;
}

}  // namespace

bool pin(Role role) {
  static const std::vector<int> processors = allowedProcessors();  // as it was before the first pin
  const auto index = static_cast<std::size_t>(role);
  if (index >= processors.size()) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processors[index], &set);
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

double processorTime() { return microseconds(CLOCK_PROCESS_CPUTIME_ID); }

Process::Process(Role role, const std::function<void(const Tell&)>& body) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("cannot make a pipe");
  std::fflush(nullptr);  // or the child would print it once more
  pid_ = ::fork();
  if (pid_ == 0) {
    ::close(ends[0]);
    runChild(role, body, ends[1]);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
  if (pid_ < 0 || ::clock_getcpuclockid(pid_, &clock_) != 0) {
    ::close(pipe_);
    throw std::runtime_error("cannot start a process");
  }
}

Process::~Process() {
  ::close(pipe_);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::receive(void* value, std::size_t size) const {
  pollfd ready{pipe_, POLLIN, 0};
  if (::poll(&ready, 1, 60'000) <= 0) throw std::runtime_error("a process tells nothing for 60 s");
  if (::read(pipe_, value, size) != static_cast<ssize_t>(size)) {
    throw std::runtime_error("a process ended too early");
  }
}

// The kernel adds up the time of another process when that is put to sleep, or at a tick of some
// milliseconds: the figure is whole once it stands still.
double Process::used() const {
  constexpr timespec kMillisecond{0, 1'000'000};
  double used = microseconds(clock_);
  for (int i = 0; i < 50; ++i) {
    ::nanosleep(&kMillisecond, nullptr);
    const double before = std::exchange(used, microseconds(clock_));
    if (used == before) break;
  }
  return used;
}

double Process::resident() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  double whole = 0;
  double resident = 0;
  if (!(statm >> whole >> resident)) throw std::runtime_error("cannot read /proc/PID/statm");
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace evmicro::bench
