#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <evmicro/transport.h>

namespace evmicro::test {

/// A socket without a connection: it notes what is asked of it.
class FakeSocket final : public Socket {
 public:
  /// `alive` counts those that have not been destroyed.
  explicit FakeSocket(int& alive) : alive_(alive) { ++alive_; }
  ~FakeSocket() override { --alive_; }

  void observe(Observer* to) override { observer = to; }
  void send(const Metadata&, Buffer&&) override { ++sent; }
  std::size_t queued() const noexcept override { return 0; }
  void pause() override {}
  void resume() override {}
  void finishSending() override {}
  void close() override {}
  void abort() override {}
  void setIdleTimeout(std::chrono::milliseconds timeout) override { idle = timeout; }
  bool reusable() const noexcept override { return usable; }
  std::string peerAddress() const override { return {}; }
  std::string localAddress() const override { return {}; }

  Observer* observer = nullptr;
  std::chrono::milliseconds idle{-1};
  bool usable = true;
  int sent = 0;

 private:
  int& alive_;
};

}  // namespace evmicro::test
