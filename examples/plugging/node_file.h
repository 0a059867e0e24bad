// The registry's file: a line for each node, with its time to live, its expiry, and the node with
// its service as JSON.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include <evmicro/registry.h>

class NodeFile {
 public:
  explicit NodeFile(std::string path) : path_(std::move(path)) {}

  /// The nodes that have not expired, by id, each with its service.
  std::map<std::string, evmicro::ServiceInfo> read() const;

  /// Change the nodes of `service` in the file. No other process writes meanwhile, and readers see
  /// either the old or the new file. `ttl` 0: the nodes stay until they are removed.
  evmicro::Status put(const evmicro::ServiceInfo& service, std::chrono::milliseconds ttl) const;
  evmicro::Status renew(const evmicro::ServiceInfo& service) const;
  evmicro::Status remove(const evmicro::ServiceInfo& service) const;

 private:
  struct Entry {
    evmicro::ServiceInfo service;  // with one node
    long long ttl = 0;             // in milliseconds
    long long deadline = 0;        // in milliseconds since 1970; 0: none
  };
  using Entries = std::map<std::string, Entry>;  // by the node's id

  Entries load() const;
  evmicro::Status change(const std::function<evmicro::Status(Entries& entries)>& edit) const;

  const std::string path_;
};
