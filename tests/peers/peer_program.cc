#include <evmicro/conformance/skip.h>

#include "peers/peer_program.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

#include "support/process.h"

namespace evmicro::test {

std::string peerProgram(const std::string& name, const std::string& package) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
    const std::string path = folder + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  skip("no " + name + ": apt-get install " + package);
}

const std::string& grpcPython() {
  static const std::string python = peerProgram("python3", "python3");
  static const bool good = run({python, "-c", "import grpc"}).code == 0;
  if (!good) skip("no grpcio for " + python + ": apt-get install python3-grpcio");
  return python;
}

const std::string& goPeer() {
  static const std::string built = [] {
    const std::filesystem::path folder = std::filesystem::absolute(TEST_BUILD_DIR "/tests/peers");
    std::filesystem::create_directories(folder);
    ProcessOptions options;
    options.environment = {"GO111MODULE=off", "GOCACHE=" + (folder / "go-cache").string()};
    const Finished end = run({peerProgram("go", "golang-go"), "build", "-o", folder / "peer",
                              TEST_SOURCE_DIR "/peers/peer.go"},
                             options);
    if (end.code != 0) throw std::runtime_error("cannot build peer.go: " + end.err);
    return (folder / "peer").string();
  }();
  return built;
}

ConfigFile::ConfigFile(const std::string& text)
    : folder_(std::filesystem::temp_directory_path() / "evmicro-peer-XXXXXX") {
  if (!::mkdtemp(folder_.data())) throw std::runtime_error("cannot make " + folder_);
  std::ofstream(path()) << text;
}

ConfigFile::~ConfigFile() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace evmicro::test
