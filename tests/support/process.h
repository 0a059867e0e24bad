#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace evmicro::test {

struct ProcessOptions {
  /// `NAME=value`, added to the test's own environment, out of which everything that would
  /// configure a service, a Consul client or an etcd (MICRO_*, CONSUL_*, ETCD_*) is left.
  std::vector<std::string> environment;
  /// The working directory; empty: the test's.
  std::string directory;
  /// RLIMIT_NOFILE; 0: the test's.
  unsigned long descriptors = 0;
  /// What it reads from stdin; at most 64 KiB.
  std::string input;
  /// kBroken: nobody reads its stdout, writing to it fails with EPIPE.
  enum class Stdout { kRead, kBroken } out = Stdout::kRead;
};

/// A program that a test has started. What it prints is collected; it dies with the test.
/// All waits end after `kPatience`, without an answer.
class Process {
 public:
  static constexpr std::chrono::seconds kPatience{30};

  /// Starts `command`: the path of the program and its arguments. std::runtime_error if it cannot.
  explicit Process(const std::vector<std::string>& command, ProcessOptions options = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// Ends the program by SIGKILL, if it has not ended, and takes its exit status.
  ~Process();

  /// Waits until it has printed `text`, on stdout or stderr.
  bool prints(std::string_view text);
  /// Waits until it has printed `text` and the end of that line, on stdout or stderr; gives what
  /// follows `text` in the line.
  std::optional<std::string> printsLine(std::string_view text);
  /// Waits for its end: the exit code, or 128 and the number of the signal that ended it.
  std::optional<int> wait();
  bool running();
  /// Reads what it has printed, without waiting for more, and forgets it. For programs that print
  /// more than a pipe holds.
  void discardOutput();

  void signal(int number);
  /// Stops reading its stdout: a reader that goes.
  void closeOut();
  /// Stops it (SIGSTOP) and waits until it has stopped: a signal alone may still let it answer.
  void freeze();
  void thaw();
  pid_t pid() const noexcept { return pid_; }
  /// What has been printed and read so far: after wait(), everything.
  const std::string& out() const noexcept { return out_; }
  const std::string& err() const noexcept { return err_; }
  /// Both with the command and the exit code, for the message of a failed assertion.
  std::string report() const;
  /// Processor time it has used so far, user and system. @pre running
  std::chrono::milliseconds cpuTime() const;

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Reads what is there, waiting for it until `deadline`; false: nothing more will come.
  bool read(Deadline deadline);
  bool reap(int options);
  bool readUntil(const std::function<bool()>& done);

  std::string command_;
  pid_t pid_ = -1;
  int outPipe_ = -1;
  int errPipe_ = -1;
  std::string out_;
  std::string err_;
  std::optional<int> exit_;
};

/// Runs `command` to its end.
struct Finished {
  int code;
  std::string out;
  std::string err;
};
Finished run(const std::vector<std::string>& command, ProcessOptions options = {});

}  // namespace evmicro::test
