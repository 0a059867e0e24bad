#include "faults/faulty_process.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <sys/mman.h>
#include <unistd.h>

namespace evmicro::faults {

namespace {

// AddressSanitizer wants to be loaded first; it calls what comes after it, the shim.
std::string sanitizer() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("/libasan.so") != std::string::npos) return line.substr(line.find('/'));
  }
  return {};
}

}  // namespace

FaultBoard::FaultBoard() {
  char path[] = "/tmp/evmicro-faults-XXXXXX";
  const int fd = ::mkstemp(path);
  if (fd < 0) throw std::runtime_error("no file for the faults");
  path_ = path;
  void* memory = MAP_FAILED;
  if (::ftruncate(fd, sizeof(Board)) == 0) {
    memory = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  ::close(fd);
  if (memory == MAP_FAILED) throw std::runtime_error("no memory for the faults");
  board_ = static_cast<Board*>(memory);
}

FaultBoard::~FaultBoard() {
  ::munmap(board_, sizeof(Board));
  ::unlink(path_.c_str());
}

test::ProcessOptions FaultBoard::options() const {
  const std::string first = sanitizer();
  const std::string shim = std::filesystem::absolute(TEST_BUILD_DIR "/tests/faults/.libs/shim.so");
  test::ProcessOptions options;
  options.environment = {"LD_PRELOAD=" + (first.empty() ? "" : first + ":") + shim,
                         std::string(kBoardVariable) + "=" + path_};
  return options;
}

Board::Function& FaultBoard::at(std::string_view function) const {
  const auto found = std::find(std::begin(kFunctions), std::end(kFunctions), function);
  if (found == std::end(kFunctions)) throw std::invalid_argument(std::string(function));
  return board_->functions[found - std::begin(kFunctions)];
}

void FaultBoard::fail(std::string_view function, int error, int times) {
  Board::Function& chosen = at(function);
  chosen.failed = 0;
  chosen.error = error;
  chosen.remaining = times;
}

void FaultBoard::setWallClock(std::chrono::seconds wrong) { board_->wallClock = wrong.count(); }

void FaultBoard::clear() {
  for (Board::Function& function : board_->functions) function.remaining = 0;
}

int FaultBoard::failed(std::string_view function) const { return at(function).failed; }

std::size_t descriptorsOf(pid_t pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace evmicro::faults
