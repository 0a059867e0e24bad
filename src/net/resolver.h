#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>

#include "net/socket_address.h"

namespace evmicro::detail {

struct ResolverOptions {
  /// Name servers, `host:port` with commas between; empty: those of resolv.conf.
  std::string servers{};
  /// Instead of /etc/resolv.conf.
  std::string resolvConf{};
  /// How long a name server has for its first answer; doubled each time all have been asked.
  std::chrono::milliseconds serverTimeout{500};
  /// How often each of them is asked.
  int tries = 3;
};

/// Every address of the host, in the order in which they should be tried (RFC 6724), never empty.
using ResolvedAddresses = std::vector<SocketAddress>;

/// Looks host names up, for everything that listens or connects: /etc/hosts (or the file that
/// CARES_HOSTS names), then the name servers, by c-ares on the loop. A server that does not answer
/// is passed over. Files are read anew whenever nothing is being looked up. Then it has no
/// descriptor and no timer, too. Nothing is cached.
class Resolver {
 public:
  using Done = std::function<void(Result<ResolvedAddresses>)>;

  explicit Resolver(EventLoop& loop, ResolverOptions options = {});
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  /// Cancels what is pending.
  ~Resolver();

  /// Looks up `host`, which may be digits, too. `done` runs in a later turn; errors are
  /// kUnavailable. Dropping the token cancels.
  Call resolve(const std::string& host, std::uint16_t port, Done done);

  /// The same while the caller waits, for what happens once at the start.
  static Result<ResolvedAddresses> resolveNow(const std::string& host, std::uint16_t port,
                                              const ResolverOptions& options = {});

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace evmicro::detail
