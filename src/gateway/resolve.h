#pragma once

#include <string>
#include <string_view>

namespace evmicro::gateway {

/// Which method a path of the API gateway means.
struct Target {
  std::string service;  ///< `go.micro.api.greeter`
  std::string method;   ///< `Say.Hello`
};

/// As the API gateway of Go Micro resolves paths, the last two parts being the method:
/// `/greeter/say/hello` is Say.Hello of `NAMESPACE.greeter`, `/greeter/hello` is Greeter.Hello of
/// it,
/// `/v1/greeter/hello` Greeter.Hello of `NAMESPACE.v1.greeter`. A path of one part or none means no
/// service that can exist. `path`: decoded and clean.
Target resolve(std::string_view nameSpace, std::string_view path);

}  // namespace evmicro::gateway
