#pragma once

#include <sys/types.h>

#include <cstddef>
#include <ctime>
#include <functional>
#include <type_traits>

namespace evmicro::bench {

/// What is measured runs on one processor, what it is measured with on another.
enum class Role { kMeasured, kMeasuring };

/// Keeps this process on the processor of `role`: the first or the second that the process had when
/// this was called first. False: there is none, nothing has been changed.
bool pin(Role role);

/// Microseconds of processor time that this process has used so far, user and system.
double processorTime();

/// A forked process on a processor of its own, killed with this object and with its parent.
class Process {
 public:
  /// How the child tells its parent something: `size` bytes.
  using Tell = std::function<void(const void* value, std::size_t size)>;

  /// Runs `body` in the child, which ends when it returns; what it throws goes to stderr.
  Process(Role role, const std::function<void(const Tell&)>& body);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  /// Waits for a value that the child tells. Throws std::runtime_error when it ends without one,
  /// and when nothing comes for a minute.
  template <typename Value>
  Value await() const {
    static_assert(std::is_trivially_copyable_v<Value>, "goes through a pipe");
    Value value;
    receive(&value, sizeof value);
    return value;
  }

  /// As processorTime(), of the child with all its threads. It should have nothing to do: waits up
  /// to 50 ms for that.
  double used() const;
  /// Bytes of memory that are resident.
  double resident() const;

 private:
  void receive(void* value, std::size_t size) const;

  pid_t pid_ = -1;
  int pipe_ = -1;
  clockid_t clock_{};
};

}  // namespace evmicro::bench
