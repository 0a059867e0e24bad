#pragma once

namespace evmicro::gateway {

inline constexpr char kSidecarId[] = "go.micro.sidecar";  ///< the id of the sidecar's own errors

}  // namespace evmicro::gateway
