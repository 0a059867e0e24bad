#pragma once

#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <evmicro/log.h>

namespace evmicro::test {

/// Keeps what is logged by `package` on this thread as long as it lives: `WARN text`. Other lines
/// go where they went. Only for the time of a case: fixtures are made before all of them.
class CapturedLog final : private LogSink {
 public:
  explicit CapturedLog(std::string package)
      : package_(std::move(package)), before_(setLogSink(this)) {}
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  ~CapturedLog() override { setLogSink(before_); }

  const std::vector<std::string>& lines() const noexcept { return lines_; }
  void clear() { lines_.clear(); }

 private:
  bool enabled(std::string_view package, LogLevel level) const override {
    return isOurs(package) || (before_ && before_->enabled(package, level));
  }
  void write(std::string_view package, LogLevel level, std::string_view text) override {
    if (!isOurs(package)) return before_->write(package, level, text);
    static constexpr const char* kNames[] = {"DEBUG ", "INFO ", "WARN ", "ERROR "};
    lines_.push_back(std::string(kNames[static_cast<int>(level)]).append(text));
  }

  bool isOurs(std::string_view package) const {
    return package == package_ && std::this_thread::get_id() == thread_;
  }

  const std::string package_;
  const std::thread::id thread_ = std::this_thread::get_id();
  LogSink* const before_;
  std::vector<std::string> lines_;
};

}  // namespace evmicro::test
