#pragma once

#include <string>
#include <vector>

namespace evmicro::test {

/// A listening address of loopback that takes no more connections: a SYN sent to it is dropped, as
/// if the machine behind it were frozen.
class FullBacklog {
 public:
  explicit FullBacklog(const std::string& host = "127.0.0.1", int port = 0);
  FullBacklog(const FullBacklog&) = delete;
  FullBacklog& operator=(const FullBacklog&) = delete;
  ~FullBacklog();

  /// `host:port`
  const std::string& address() const noexcept { return address_; }

 private:
  std::vector<int> sockets_;
  std::string address_;
};

}  // namespace evmicro::test
