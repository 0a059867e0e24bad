#pragma once

namespace evmicro::detail {

/// Sends protobuf's messages to the logger evmicro.codec instead of stderr. Peers can cause them at
/// will (one for each string that is not UTF-8), so the rate is limited: 16 lines at WARN, then one
/// a second; the others at DEBUG. Affects the whole process: only for programs that are a service.
void routeProtobufLog();

}  // namespace evmicro::detail
