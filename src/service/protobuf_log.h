#pragma once

namespace evmicro::detail {

/// Sends what protobuf would write to stderr (a line for each string that is not UTF-8, which peers
/// can cause at will) to the logger evmicro.codec: 16 lines at WARN, then one a second; more at
/// DEBUG. Concerns the whole process: for one that belongs to a service.
void routeProtobufLog();

}  // namespace evmicro::detail
