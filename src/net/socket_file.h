#pragma once

#include <string>

#include <sys/types.h>

#include <evmicro/status.h>

#include "net/unix_address.h"

namespace evmicro::detail {

/// The file of a listening Unix socket. Destroying it removes the file, unless another has taken
/// its place.
class SocketFile {
 public:
  SocketFile() = default;
  /// Of what is at `path` now.
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { remove(); }

  /// To be called while the socket still listens, so that nobody else takes the path meanwhile.
  void remove() noexcept;
  /// Lets the file be: it is another process's from now on.
  void leave() noexcept { path_.clear(); }

 private:
  std::string path_;  // empty: none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// A bound and listening Unix socket.
struct ListeningUnixSocket {
  int fd = -1;  ///< not blocking, close-on-exec; the caller's to close
  SocketFile file;
};

/// Binds and listens. A socket file on which nobody listens is left over from a process that has
/// died: it is removed. Anything else that is at the path stays and is an error (kUnavailable, and
/// the caller names the address): a socket on which somebody listens is in use. Processes that do
/// this at the same time do it in turn, by a lock on the folder, waited for a quarter of a second
/// at most.
Result<ListeningUnixSocket> listenOnUnixSocket(const UnixAddress& address);

}  // namespace evmicro::detail
