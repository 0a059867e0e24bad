#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace evmicro::test {

/// While one lives, names are looked up in its lines instead of /etc/hosts. One at a time.
class HostsFile {
 public:
  explicit HostsFile(const std::string& lines)
      : path_(std::filesystem::temp_directory_path() /
              ("evmicro-hosts-" + std::to_string(::getpid()))) {
    std::ofstream(path_) << lines;
    ::setenv("CARES_HOSTS", path_.c_str(), 1);
  }
  HostsFile(const HostsFile&) = delete;
  HostsFile& operator=(const HostsFile&) = delete;
  ~HostsFile() {
    ::unsetenv("CARES_HOSTS");
    std::filesystem::remove(path_);
  }

 private:
  const std::filesystem::path path_;
};

}  // namespace evmicro::test
