#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/export.h>
#include <evmicro/registry.h>
#include <evmicro/tls.h>

namespace evmicro {

class EventLoop;

/// Where etcd is, and how to log in.
struct EtcdOptions {
  /// Members of the cluster, `host:port` or `http(s)://host:port`, tried in order.
  /// Empty: 127.0.0.1:2379.
  std::vector<std::string> addresses;
  /// Timeout of one request to one member.
  std::chrono::milliseconds timeout{5'000};
  /// Credentials. Empty: ETCD_USERNAME and ETCD_PASSWORD, as in go-micro; without a user name there
  /// is no authentication.
  std::string user;
  std::string password;
  /// How often the cluster is probed while something is followed.
  std::chrono::milliseconds probeInterval{10'000};
  /// For addresses that begin with https://.
  TlsOptions tls{};
};

/// Registry in an etcd cluster (3.4 or later), through etcd's JSON gateway (/v3/kv, /v3/lease,
/// /v3/watch). `loop` must outlive it.
///
/// The keys are those of go-micro's own etcd registry (its `registry/etcd/etcd.go`, from 2019 on),
/// so services of both find each other: `/micro/registry/<service>/<node id>`, with slashes in the
/// two replaced by dashes. The value is the service as JSON with that one node, whose address is
/// `host:port`; nodes with a separate port are read, too.
///
/// The registration's TTL is that of a lease. etcd counts it in whole seconds and grants at least
/// about one and a half election timeouts (2 s by default). renew() knows only the leases of nodes
/// that this object has registered: for others it fails with kNotFound.
EVMICRO_EXPORT std::unique_ptr<Registry> makeEtcdRegistry(EventLoop& loop,
                                                          EtcdOptions options = {});

}  // namespace evmicro
