#pragma once

#include <string>

#include <evmicro/status.h>

namespace google::protobuf {
class Message;
}

namespace evmicro::detail {

/// Appends `message` as JSON, as Go's encoding/json writes the struct that golang/protobuf
/// generates: members in the order of the .proto with its names, without unset fields (without
/// presence: zero values), 64-bit integers and enums as numbers, bytes in base64, maps sorted by
/// the text of their keys. A oneof's field is written like any other; Go would wrap it in an object
/// named after the oneof, which Go itself cannot read.
///
/// Fails, with `out` unspecified, if a float is NaN or infinite.
Status writeJson(const google::protobuf::Message& message, std::string& out);

}  // namespace evmicro::detail
