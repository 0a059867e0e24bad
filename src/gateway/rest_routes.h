#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/registry.h>
#include <evmicro/web_server.h>

#include "gateway/json_request.h"
#include "gateway/resolve.h"

namespace evmicro::gateway {

/// Where a request belongs according to the `google.api.http` annotation of a method.
struct RestMatch {
  Target target;
  JsonBinding binding;
};

/// One rule of a `google.api.http` annotation.
struct RestRule {
  std::string verb;
  std::string path;   ///< a template: `/v1/{name=shelves/*}:send`
  std::string body;   ///< see JsonBinding
  std::string reply;  ///< see JsonBinding
  std::string text;   ///< the whole rule
  bool sound = true;  ///< it has as many parts as a rule may have
};
/// Those of an endpoint, from its metadata.
std::vector<RestRule> restRules(const Endpoint& endpoint);

/// The REST routes of services, from the metadata `http` of their endpoints, which
/// protoc-gen-evmicro writes: `GET /v1/{name=shelves/*}; POST /v1/names:send *; GET /v1/names -
/// names`.
class RestRoutes {
 public:
  RestRoutes();
  RestRoutes(const RestRoutes&) = delete;
  RestRoutes& operator=(const RestRoutes&) = delete;
  ~RestRoutes();

  /// Replaces all routes. Malformed ones are left out; of equal ones of several services, only the
  /// first is used. Both are logged, once.
  void set(const std::vector<ServiceInfo>& services);

  /// `rawPath`: as sent; each segment is decoded by itself. In a variable of several segments
  /// (`{name=a/*}`, `{name=**}`) encoded slashes stay encoded, as google/api/http.proto says. If
  /// several templates match, the one with the earlier literal wins.
  std::optional<RestMatch> find(std::string_view method, std::string_view rawPath) const;

 private:
  struct Route;
  void add(const std::string& service, const std::string& method, const RestRule& rule,
           std::vector<std::string>& problems);

  std::vector<Route> routes_;
  std::vector<std::string> logged_;
};

}  // namespace evmicro::gateway
