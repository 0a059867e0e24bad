#include "net/socket_file.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/descriptor.h"
#include "net/socket_address.h"

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLockPause{5};
constexpr int kLockTries = 50;

Status failure(int error) { return Status::unavailable(std::strerror(error)); }

/// Keeps others who listen in the same folder out while it lives. Without the right to read the
/// folder, or behind somebody who keeps the lock, it goes without.
class FolderLock {
 public:
  explicit FolderLock(const std::string& path)
      : folder_(::open(path.substr(0, path.rfind('/') + 1).c_str(),
                       O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    for (int tries = kLockTries; folder_.get() >= 0 && tries > 0; --tries) {
      if (::flock(folder_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
      std::this_thread::sleep_for(kLockPause);
    }
  }

 private:
  const Descriptor folder_;  // closing it unlocks
};

// Why the path cannot be taken although something is there; 0: nobody listens on that socket.
int whyTaken(const SocketAddress& address) {
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe.get() < 0) return errno;
  if (::connect(probe.get(), address.get(), address.size()) == 0) return EADDRINUSE;
  return errno == ECONNREFUSED ? 0 : EADDRINUSE;  // also when it may not be asked
}

Status removeStale(const std::string& path, const SocketAddress& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return errno == ENOENT ? Status() : failure(errno);
  if (!S_ISSOCK(found.st_mode)) {
    return Status::unavailable("the file that is there is not a socket");
  }
  if (const int error = whyTaken(address); error != 0) return failure(error);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure(errno);
  return {};
}

}  // namespace

SocketFile::SocketFile(std::string path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return;
  path_ = std::move(path);
  device_ = found.st_dev;
  inode_ = found.st_ino;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void SocketFile::remove() noexcept {
  const std::string path = std::exchange(path_, {});
  struct stat found {};
  if (path.empty() || ::lstat(path.c_str(), &found) != 0) return;
  if (found.st_dev == device_ && found.st_ino == inode_) ::unlink(path.c_str());
}

Result<ListeningUnixSocket> listenOnUnixSocket(const UnixAddress& address) {
  const SocketAddress where = SocketAddress::ofUnixPath(address.path);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failure(errno);
  const FolderLock lock(address.path);
  if (::bind(socket.get(), where.get(), where.size()) != 0) {
    if (errno != EADDRINUSE) return failure(errno);
    if (Status status = removeStale(address.path, where); !status.ok()) return status;
    if (::bind(socket.get(), where.get(), where.size()) != 0) return failure(errno);
  }
  SocketFile file(address.path);
  // Nobody can connect before it listens.
  if (address.mode && ::chmod(address.path.c_str(), *address.mode) != 0) return failure(errno);
  if (::listen(socket.get(), SOMAXCONN) != 0) return failure(errno);
  return ListeningUnixSocket{socket.release(), std::move(file)};
}

}  // namespace evmicro::detail
