#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "faults/board.h"
#include "support/process.h"

namespace evmicro::faults {

/// The board for a process whose system calls are to fail.
class FaultBoard {
 public:
  /// Throws std::runtime_error when it cannot be made.
  FaultBoard();
  FaultBoard(const FaultBoard&) = delete;
  FaultBoard& operator=(const FaultBoard&) = delete;
  ~FaultBoard();

  /// What makes a process fail by this board.
  test::ProcessOptions options() const;

  /// The next `times` calls of `function` fail with `error`.
  void fail(std::string_view function, int error, int times);
  /// The wall clock of the process is wrong by so much from now on.
  void setWallClock(std::chrono::seconds wrong);
  /// Everything works again.
  void clear();
  /// How often `function` has failed since fail().
  int failed(std::string_view function) const;

 private:
  Board::Function& at(std::string_view function) const;

  std::string path_;
  Board* board_ = nullptr;
};

/// How many descriptors a process has open.
std::size_t descriptorsOf(pid_t pid);

}  // namespace evmicro::faults
