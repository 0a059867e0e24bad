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
  bool takesOneMessage = false;         // a stream with one request, as its .proto says
  std::size_t maxRequestBytes = 0;      // 0: no limit of its own
  std::string package{};                // of the .proto; empty: none, or not known
  MethodTypes types{nullptr, nullptr};  // null: not protobuf messages
  mutable MethodStats stats{};          // updated by its callers
};

/// The methods of a server by name, `Service.Method`. Those of gRPC's standard services are kept
/// apart, by their names with the package, so that a program may have a service Health, too.
class MethodTable {
 public:
  /// A method, or go-micro's text that says why there is none.
  struct Found {
    const Method* method = nullptr;
    std::string problem;
  };

  /// The endpoint's name may have a package in front, which becomes `method.package`.
  /// @throws std::invalid_argument if the name has no dot or an empty part, is taken, or belongs to
  /// a service that has another package already (methods without one belong to any). A method of a
  /// standard service replaces an earlier one.
  void add(Method method);
  /// The name, for find(), of the method that a gRPC peer calls `package.Service.Method`; a part of
  /// `path`. The package does not count: peers of go-micro send the name of the service there.
  std::string_view nameOf(std::string_view path) const;
  /// The method of that name; null: none. Remembers the last, because calls are usually alike.
  const Method* at(std::string_view path) const;
  /// `name` as received from a peer.
  Found find(std::string_view name) const;
  /// All methods but those of standard services, sorted by name.
  template <typename Visit>
  void forEach(Visit visit) const {
    for (const auto& [name, method] : methods_) visit(method);
  }
  /// The methods of standard services, by full name.
  template <typename Visit>
  void forEachStandard(Visit visit) const {
    for (const auto& [name, method] : standard_) visit(method);
  }
  /// The package of `service`, empty if it is not known; nullopt: it has no methods.
  std::optional<std::string> packageOf(std::string_view service) const;
  /// The endpoints to register, sorted by name.
  std::vector<Endpoint> endpoints() const;

 private:
  using Methods = std::map<std::string, Method, std::less<>>;

  Methods methods_;
  Methods standard_;
  mutable std::string lastPath_;
  mutable const Method* last_ = nullptr;  // for lastPath_
};

}  // namespace evmicro::detail
