// Preloaded into a process (LD_PRELOAD): system calls fail as the Board says. Without a board, and
// before it is mapped, everything works.
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "faults/board.h"

namespace {

using evmicro::faults::Board;
using evmicro::faults::kFunctions;

std::atomic<Board*> board{nullptr};

[[gnu::constructor]] void mapBoard() {
  const char* const path = std::getenv(evmicro::faults::kBoardVariable);
  const int fd = path ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* const memory = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory != MAP_FAILED) board = static_cast<Board*>(memory);
}

constexpr std::size_t indexOf(std::string_view name) {
  std::size_t index = 0;
  while (kFunctions[index] != name) ++index;
  return index;
}

/// The error with which the function is to fail now; 0: it is not.
int faultOf(std::size_t index) {
  Board* const now = board;
  if (!now) return 0;
  Board::Function& function = now->functions[index];
  if (function.remaining <= 0 || function.remaining.fetch_sub(1) <= 0) return 0;
  ++function.failed;
  return function.error;
}

template <typename Function>
Function* realOf(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// A function of libc that returns -1 and sets errno when it fails.
#define EVMICRO_FAULTY(result, name, parameters, arguments)          \
  extern "C" [[gnu::visibility("default")]] result name parameters { \
    static const auto real = realOf<result parameters>(#name);       \
    const int fault = faultOf(indexOf(#name));                       \
    if (fault == 0) return real arguments;                           \
    errno = fault;                                                   \
    return -1;                                                       \
  }

EVMICRO_FAULTY(int, accept4, (int fd, sockaddr* address, socklen_t* size, int flags),
               (fd, address, size, flags))
EVMICRO_FAULTY(int, connect, (int fd, const sockaddr* address, socklen_t size), (fd, address, size))
EVMICRO_FAULTY(ssize_t, recv, (int fd, void* to, std::size_t size, int flags),
               (fd, to, size, flags))
EVMICRO_FAULTY(ssize_t, send, (int fd, const void* from, std::size_t size, int flags),
               (fd, from, size, flags))
EVMICRO_FAULTY(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
EVMICRO_FAULTY(int, epoll_ctl, (int epoll, int operation, int fd, epoll_event* event) noexcept,
               (epoll, operation, fd, event))
EVMICRO_FAULTY(int, epoll_wait, (int epoll, epoll_event* events, int count, int timeout),
               (epoll, events, count, timeout))
EVMICRO_FAULTY(int, socket, (int domain, int type, int protocol) noexcept, (domain, type, protocol))

// Its errors are its result.
extern "C" [[gnu::visibility("default")]] int getaddrinfo(const char* host, const char* service,
                                                          const addrinfo* hints, addrinfo** found) {
  static const auto real = realOf<decltype(getaddrinfo)>("getaddrinfo");
  const int fault = faultOf(indexOf("getaddrinfo"));
  return fault == 0 ? real(host, service, hints, found) : fault;
}

// The clock that people set. What waits must go by the other one.
extern "C" [[gnu::visibility("default")]] int clock_gettime(clockid_t clock,
                                                            timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (Board* const now = board; now && wall && result == 0) time->tv_sec += now->wallClock;
  return result;
}

extern "C" [[gnu::visibility("default")]] int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  const int result = ::clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1'000;
  return result;
}

extern "C" [[gnu::visibility("default")]] time_t time(time_t* where) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (where) *where = now.tv_sec;
  return now.tv_sec;
}
