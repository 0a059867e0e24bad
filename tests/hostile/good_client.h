#pragma once

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>
#include <evmicro/registry.h>
#include <evmicro/service_view.h>
#include <evmicro/timer.h>

namespace evmicro::hostile {

/// Calls a server by TLS: every few milliseconds on kept connections, now and then on a new one.
class GoodClient {
 public:
  /// `loop` must outlive it; `server` is the process at `address`, `caFile` has signed its
  /// certificate.
  GoodClient(EventLoop& loop, pid_t server, std::string address, const std::string& caFile);
  GoodClient(const GoodClient&) = delete;
  GoodClient& operator=(const GoodClient&) = delete;
  ~GoodClient();

  struct Calls {
    std::vector<std::chrono::microseconds> kept;
    std::vector<std::chrono::microseconds> fresh;
    /// Processor time of the server from the beginning of each kept call to its end: what was in
    /// front of it. A machine with other work does not matter here.
    std::vector<std::chrono::microseconds> work;
    std::vector<std::string> failures;
  };
  void start();
  /// Begins nothing new.
  void stop();
  int open() const noexcept { return open_; }
  /// Since the last take().
  Calls take();

 private:
  struct Caller;
  void call(Caller& caller, std::vector<std::chrono::microseconds> Calls::*into);

  const std::string address_;
  clockid_t serverTime_{};
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Registry> registry_;
  ServiceView view_;
  std::unique_ptr<Selector> selector_;
  std::unique_ptr<Caller> kept_;
  std::unique_ptr<Caller> fresh_;
  Calls calls_;
  int open_ = 0;
  Timer nextCall_;
  Timer nextNew_;
};

}  // namespace evmicro::hostile
