#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>
#include <evmicro/server.h>

#include "server/method_stats.h"

namespace evmicro::detail {

/// One callable method.
struct Method {
  Endpoint endpoint;
  HandleOptions::Announce announce = HandleOptions::Announce::kYes;
  Invoke invoke;
  bool streaming = false;
  std::size_t maxRequestBytes = 0;  // 0: no limit of its own
  mutable MethodStats stats;        // updated by its callers
};

/// The methods of a server by name.
class MethodTable {
 public:
  /// A method, or go-micro's text that says why there is none.
  struct Found {
    const Method* method = nullptr;
    std::string problem;
  };

  /// @throws std::invalid_argument if the name does not have exactly one dot, or is taken.
  void add(Method method);
  /// `name` as received from a peer.
  Found find(std::string_view name) const;
  /// All methods, sorted by name.
  template <typename Visit>
  void forEach(Visit visit) const {
    for (const auto& [name, method] : methods_) visit(method);
  }
  /// The endpoints to register, sorted by name.
  std::vector<Endpoint> endpoints() const;

 private:
  std::map<std::string, Method, std::less<>> methods_;
};

}  // namespace evmicro::detail
