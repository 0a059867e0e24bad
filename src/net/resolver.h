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
  /// File to read instead of /etc/resolv.conf.
  std::string resolvConf{};
  /// Timeout of a query to a name server; doubled after each round through all of them.
  std::chrono::milliseconds serverTimeout{500};
  /// The number of rounds.
  int tries = 3;
};

/// All addresses of the host, in the order in which they should be tried (RFC 6724); never empty.
using ResolvedAddresses = std::vector<SocketAddress>;

/// Looks up host names for everything that listens or connects: in /etc/hosts (or the file named by
/// CARES_HOSTS), then at the name servers, with c-ares on the loop. A server that does not answer
/// is skipped. Nothing is cached. While no lookup is in progress it has no descriptor and no timer,
/// and the next lookup reads the files again.
class Resolver {
 public:
  using Done = std::function<void(Result<ResolvedAddresses>)>;

  explicit Resolver(EventLoop& loop, ResolverOptions options = {});
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  /// Cancels what is pending.
  ~Resolver();

  /// Looks up `host`, which may also be numeric. `done` runs in a later turn; errors are
  /// kUnavailable. Dropping the token cancels.
  Call resolve(const std::string& host, std::uint16_t port, Done done);

  /// The blocking form, for use at startup.
  static Result<ResolvedAddresses> resolveNow(const std::string& host, std::uint16_t port,
                                              const ResolverOptions& options = {});

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace evmicro::detail
