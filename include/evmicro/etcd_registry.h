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

struct EtcdOptions {
  /// Members of the cluster, `host:port` or `http(s)://host:port`, tried in order.
  /// Empty: 127.0.0.1:2379.
  std::vector<std::string> addresses;
  /// For one request to one member.
  std::chrono::milliseconds timeout{5'000};
  /// With a user name: logs in. Empty: ETCD_USERNAME and ETCD_PASSWORD, as go-micro has it; no
  /// authentication when these are not set either.
  std::string user;
  std::string password;
  /// While something is followed, the cluster is asked this often whether it is still there.
  std::chrono::milliseconds probeInterval{10'000};
  /// For addresses that begin with https://.
  TlsOptions tls{};
};

/// Registry kept by an etcd cluster (3.4 or later), over the JSON gateway that is part of etcd
/// (/v3/kv, /v3/lease, /v3/watch). `loop` must outlive it.
///
/// The keys are those of go-micro's own etcd registry (its `registry/etcd/etcd.go`, from 2019 on),
/// so that services of both find each other: `/micro/registry/<service>/<node id>`, slashes within
/// the two turned into dashes. The value is the service as JSON with that one node in it, whose
/// address is `host:port`; nodes with the port beside it are read, too.
///
/// A lease carries the registration's TTL. etcd counts it in whole seconds, and grants no less than
/// about one and a half election time-outs (2 s as etcd is set up by default). renew() knows the
/// leases of what this object has registered: of other nodes it says kNotFound.
EVMICRO_EXPORT std::unique_ptr<Registry> makeEtcdRegistry(EventLoop& loop,
                                                          EtcdOptions options = {});

}  // namespace evmicro
