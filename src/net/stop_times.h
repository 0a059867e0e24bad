#pragma once

#include <chrono>

namespace evmicro::detail {

/// How long after it was last heard of a peer is expected to send its first message, or the rest of
/// one, when its server stops. It believes that it is served, and a busy machine may have kept it
/// from sending.
inline constexpr std::chrono::milliseconds kMessageAwaited{1'000};

/// How often a server that stops looks for connections that have become idle.
inline constexpr std::chrono::milliseconds kStopLook{20};

}  // namespace evmicro::detail
