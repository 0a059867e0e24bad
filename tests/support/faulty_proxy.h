#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace evmicro::test {

/// A TCP proxy on a thread of its own, which simulates network faults.
class FaultyProxy {
 public:
  enum class Mode {
    kPass,
    kSlow,        ///< 2,000 bytes a second each way
    kPartitioned  ///< connections stay, or are made, and nothing comes through: nothing is lost
  };

  /// Between a free port of 127.0.0.1 and `target`, `host:port` with a numeric host. One that
  /// cannot be connected closes the connection.
  explicit FaultyProxy(const std::string& target);
  FaultyProxy(const FaultyProxy&) = delete;
  FaultyProxy& operator=(const FaultyProxy&) = delete;
  ~FaultyProxy();

  /// `127.0.0.1:port`
  const std::string& address() const noexcept { return address_; }
  /// From any thread.
  void set(Mode mode);

 private:
  void run(int listener);
  void wake() const;

  const std::string target_;
  std::string address_;
  int wakeFd_ = -1;
  std::atomic<Mode> mode_{Mode::kPass};
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

}  // namespace evmicro::test
