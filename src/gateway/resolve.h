#pragma once

#include <string>
#include <string_view>

namespace evmicro::gateway {

/// The method that a path of the API gateway refers to.
struct Target {
  std::string service;  ///< `go.micro.api.greeter`
  std::string method;   ///< `Say.Hello`
};

/// Resolves paths as Go Micro's API gateway does, with the last two parts as the method:
/// `/greeter/say/hello` is Say.Hello of `NAMESPACE.greeter`, `/greeter/hello` is Greeter.Hello of
/// it, `/v1/greeter/hello` Greeter.Hello of `NAMESPACE.v1.greeter`. A path with fewer than two
/// parts gives a service that cannot exist. `path`: decoded and clean.
Target resolve(std::string_view nameSpace, std::string_view path);

}  // namespace evmicro::gateway
