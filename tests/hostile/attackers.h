#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "net/tls_handles.h"

namespace evmicro::hostile {

/// Peers that want to keep a server with TLS from serving others, on a thread of their own: some
/// send a request byte by byte, some never finish their handshake, some send garbage. Each that the
/// server drops comes back after a while.
class Attackers {
 public:
  struct Size {
    std::size_t slow = 500;        ///< connections that send a byte now and then, half of them TLS
    std::size_t halfDone = 2'000;  ///< handshakes that stop in the middle, or before it
    std::size_t garbagePerSecond = 200;
  };
  /// They come one after the other.
  static constexpr std::chrono::milliseconds kAllHaveCome{4'000};
  /// So far.
  struct Tally {
    std::atomic<std::uint64_t> connected{0};
    std::atomic<std::uint64_t> dropped{0};  ///< by the server
    std::atomic<std::uint64_t> garbage{0};
    std::atomic<std::size_t> open{0};  ///< at present, without garbage
  };

  /// Attacks `address`, `127.0.0.1:port`. Throws when this process may not have so many
  /// descriptors.
  Attackers(const std::string& address, Size size);
  Attackers(const Attackers&) = delete;
  Attackers& operator=(const Attackers&) = delete;
  ~Attackers();

  const Tally& tally() const noexcept { return tally_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Kind { kSlowPlain, kSlowTls, kHello, kHalfHello, kGarbage };
  struct Peer;

  void attack();
  void open(Peer& peer);
  void drop(Peer& peer, Clock::duration pause);
  void act(Peer& peer, Clock::time_point now);
  void sendByte(Peer& peer);
  void onEvent(Peer& peer, std::uint32_t what);
  void startGarbage(Clock::time_point now);

  const std::uint16_t port_;
  const Size size_;
  detail::SslContext context_;
  std::string hello_;  // a whole ClientHello
  std::vector<Peer> peers_;
  int epoll_ = -1;
  Clock::time_point garbageFrom_;
  std::uint64_t garbageSent_ = 0;
  Tally tally_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace evmicro::hostile
