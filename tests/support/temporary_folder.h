#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace evmicro::test {

/// An empty folder, which goes with its files.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    if (!::mkdtemp(path_.data())) throw std::runtime_error("no temporary folder");
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const noexcept { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  /// The address of a Unix socket in it.
  std::string socket(const std::string& name) const { return "unix://" + file(name); }

 private:
  std::string path_ = "/tmp/evmicro-XXXXXX";  // short: TMPDIR may be too long for a socket
};

}  // namespace evmicro::test
