#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/status.h>

#include "json/jansson.h"

namespace evmicro::detail {

/// The bodies of etcd's v3 JSON gateway: protobuf's JSON, so bytes are base64, 64-bit integers are
/// strings, and what is zero or empty is left out.

/// Where go-micro's etcd registries keep services, since 1.x: one key for each node,
/// `/micro/registry/<service>/<node id>`, every slash within the two turned into a dash. The value
/// is the service as JSON, with that node alone.
inline constexpr std::string_view kEtcdPrefix = "/micro/registry/";
std::string etcdKey(std::string_view service, std::string_view node);
/// What the keys of all nodes of `service` begin with.
std::string etcdPrefix(std::string_view service);

std::string grantBody(std::chrono::milliseconds ttl);  ///< etcd counts in seconds: rounded up
std::string keepAliveBody(std::int64_t lease);
/// A transaction that puts the key unless it has exactly this value and lease (0: none) already:
/// whoever watches it is not woken for nothing.
std::string writeBody(std::string_view key, std::string_view value, std::int64_t lease);
std::string deleteBody(std::string_view key);
/// All keys that begin with `prefix`.
std::string rangeBody(std::string_view prefix);
/// Only how many they are.
std::string countBody(std::string_view prefix);
std::string authenticateBody(std::string_view user, std::string_view password);

/// All changes of keys that begin with `prefix`, from the revision `from` on.
std::string watchBody(std::string_view prefix, std::int64_t from);

struct EtcdEntry {
  std::string key;
  std::string value;
  std::int64_t revision = 0;  ///< of its last change
};
struct EtcdRange {
  std::int64_t revision = 0;  ///< of the whole store
  std::vector<EtcdEntry> entries;
};
struct EtcdChange {
  enum class What { kPut, kDelete };
  What what = What::kPut;
  EtcdEntry entry;
};
/// One message of a watch stream.
struct EtcdWatchMessage {
  bool canceled = false;  ///< the watch has ended: what it would begin with is compacted away
  std::vector<EtcdChange> changes;
};

/// Readers. The errors tell what is missing or wrong.
Result<std::int64_t> readGrant(const json_t* reply);
/// The seconds that the lease has now; 0: there is no such lease.
Result<std::int64_t> readKeepAlive(const json_t* reply);
/// Of writeBody(): true when the key was missing or different, and has been put.
Result<bool> readWrite(const json_t* reply);
Result<EtcdRange> readRange(const json_t* reply);
Result<std::string> readToken(const json_t* reply);
/// `line` is one line of the stream.
Result<EtcdWatchMessage> readWatchMessage(std::string_view line);
/// What etcd says of an error; empty when the body is not its.
std::string etcdError(const std::string& body);

}  // namespace evmicro::detail
