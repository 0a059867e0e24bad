#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/status.h>

#include "json/jansson.h"

namespace evmicro::detail {

/// The bodies of etcd's v3 JSON gateway, which are protobuf's JSON: bytes are base64, 64-bit
/// integers are strings, and zero or empty values are left out.

/// Where go-micro's etcd registry stores services, since 1.x: one key for each node,
/// `/micro/registry/<service>/<node id>`, with every slash in the two replaced by a dash. The value
/// is the service as JSON, with only that node.
inline constexpr std::string_view kEtcdPrefix = "/micro/registry/";
std::string etcdKey(std::string_view service, std::string_view node);
/// The common prefix of the keys of all nodes of `service`.
std::string etcdPrefix(std::string_view service);

std::string grantBody(std::chrono::milliseconds ttl);  ///< etcd counts in seconds: rounded up
std::string keepAliveBody(std::int64_t lease);
/// A transaction that writes the key unless it already has exactly this value and lease (0: none),
/// so that watchers are not woken needlessly.
std::string writeBody(std::string_view key, std::string_view value, std::int64_t lease);
std::string deleteBody(std::string_view key);
/// All keys that begin with `prefix`.
std::string rangeBody(std::string_view prefix);
/// Only their number.
std::string countBody(std::string_view prefix);
std::string authenticateBody(std::string_view user, std::string_view password);

/// All changes of keys that begin with `prefix`, from the revision `from` on.
std::string watchBody(std::string_view prefix, std::int64_t from);

struct EtcdEntry {
  std::string key;
  std::string value;
  std::int64_t revision = 0;  ///< revision of its last change
};
struct EtcdRange {
  std::int64_t revision = 0;  ///< revision of the whole store
  std::vector<EtcdEntry> entries;
};
struct EtcdChange {
  enum class What { kPut, kDelete };
  What what = What::kPut;
  EtcdEntry entry;
};
/// One message of a watch stream.
struct EtcdWatchMessage {
  bool canceled = false;  ///< the watch has ended: its start revision has been compacted
  std::vector<EtcdChange> changes;
};

/// Decoders of replies. The errors say what is missing or wrong.
Result<std::int64_t> readGrant(const json_t* reply);
/// The remaining seconds of the lease; 0: there is no such lease.
Result<std::int64_t> readKeepAlive(const json_t* reply);
/// The reply to writeBody(): true if the key was missing or different and has been written.
Result<bool> readWrite(const json_t* reply);
Result<EtcdRange> readRange(const json_t* reply);
Result<std::string> readToken(const json_t* reply);
/// `line` is one line of the stream.
Result<EtcdWatchMessage> readWatchMessage(std::string_view line);
/// etcd's error text; empty if the body is not from etcd.
std::string etcdError(const std::string& body);

}  // namespace evmicro::detail
