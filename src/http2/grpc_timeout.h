#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace evmicro::detail {

/// The value of grpc-timeout: at most 8 digits and a unit. Nullopt: malformed.
std::optional<std::chrono::nanoseconds> parseGrpcTimeout(std::string_view text) noexcept;
/// The same backwards, rounded up.
std::string formatGrpcTimeout(std::chrono::nanoseconds time);

}  // namespace evmicro::detail
