#pragma once

#include <string>
#include <vector>

#include <sys/stat.h>

#include <evmicro/auth.h>
#include <evmicro/event_loop.h>

namespace evmicro::detail {

/// The keys of jwtAuth: read from their files, and read again when these have changed.
class JwtKeys {
 public:
  struct Key {
    JwtKey spec;
    std::string bytes;    // the secret, or the public key in PEM
    struct stat file {};  // what it was read from
  };

  /// Reads all files: call once, before anything else. The error names the file.
  Status load(std::vector<JwtKey> specs);
  /// Looks whether files have changed, at most once a second. What cannot be used is logged, and
  /// the old key stays.
  void refresh();

  const std::vector<Key>& all() const noexcept { return keys_; }

 private:
  std::vector<Key> keys_;
  EventLoop::Clock::time_point lookedAt_{};
};

}  // namespace evmicro::detail
