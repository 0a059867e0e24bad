#pragma once

#include <string>
#include <vector>

#include <evmicro/log.h>

namespace evmicro::test {

/// Keeps what is logged by `package` as long as it lives: `WARN text`. Other lines go where they
/// went.
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
    return package == package_ || (before_ && before_->enabled(package, level));
  }
  void write(std::string_view package, LogLevel level, std::string_view text) override {
    if (package != package_) return before_->write(package, level, text);
    static constexpr const char* kNames[] = {"DEBUG ", "INFO ", "WARN ", "ERROR "};
    lines_.push_back(std::string(kNames[static_cast<int>(level)]).append(text));
  }

  const std::string package_;
  LogSink* const before_;
  std::vector<std::string> lines_;
};

}  // namespace evmicro::test
