#pragma once

#include <string_view>

namespace evmicro::detail {

/// The header with the method, `Service.Method`, of a message that does not have it in its body, as
/// in gRPC. Not a token, so that no peer can send it by HTTP/1.1.
inline constexpr std::string_view kRpcHeader = ":rpc";

}  // namespace evmicro::detail
