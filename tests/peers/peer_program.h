#pragma once

#include <string>

namespace evmicro::test {

/// The path of a program that the Debian package `package` brings. Skips the case when it is
/// missing.
std::string peerProgram(const std::string& name, const std::string& package);

/// Debian's Python with grpcio. Skips the case when one is missing.
const std::string& grpcPython();

/// tests/peers/peer.go, built. Skips the case when there is no Go.
const std::string& goPeer();

/// A folder with one file that goes with the object.
class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text);
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  ~ConfigFile();

  const std::string& folder() const noexcept { return folder_; }
  std::string path() const { return folder_ + "/config"; }

 private:
  std::string folder_;
};

}  // namespace evmicro::test
