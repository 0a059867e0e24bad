#pragma once

#include <atomic>
#include <iterator>
#include <string_view>

namespace evmicro::faults {

/// The functions that can be made to fail.
inline constexpr std::string_view kFunctions[] = {"accept4",    "connect", "recv",
                                                  "send",       "sendmsg", "epoll_ctl",
                                                  "epoll_wait", "socket",  "getaddrinfo"};

/// The environment variable with the path of the file that holds the board.
inline constexpr char kBoardVariable[] = "EVMICRO_FAULT_BOARD";

/// Memory that a test shares with the process under test, in which shim.cc is preloaded. A function
/// whose `remaining` is positive fails with `error` and counts it down.
struct Board {
  struct Function {
    std::atomic<int> error;
    std::atomic<int> remaining;
    std::atomic<int> failed;  ///< how often it has failed
  };
  Function functions[std::size(kFunctions)];
  std::atomic<long> wallClock;  ///< seconds by which it is wrong
};

}  // namespace evmicro::faults
