// What the registry's file holds: a line for each node, with its service, version, id, host and
// port.
#pragma once

#include <string>
#include <vector>

#include <evmicro/registry.h>

class NodeFile {
 public:
  explicit NodeFile(std::string path) : path_(std::move(path)) {}

  std::vector<evmicro::ServiceInfo> versionsOf(const std::string& name) const;
  std::vector<std::string> names() const;
  /// Puts `nodes` in the place of those of `service`. Readers see the old file or the new one.
  evmicro::Status replace(const evmicro::ServiceInfo& service,
                          const std::vector<evmicro::Node>& nodes) const;

 private:
  const std::string path_;
};
