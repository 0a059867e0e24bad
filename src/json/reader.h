#pragma once

#include <string_view>

#include <evmicro/status.h>

namespace google::protobuf {
class Message;
}

namespace evmicro::detail {

/// Decodes one JSON value into `message`, the reverse of writeJson(). Also accepts camelCase names
/// in any case, integers and enums as strings, and Go's form of a oneof (`"Kind":{"Name":"x"}`).
/// null means the default value, unknown members are skipped, and the last member of a oneof wins.
///
/// An error names the position, starting with `root`: `params[0].items[3].count: expected an
/// integer, got a string "x"`; `message` is partly filled then.
Status readJson(std::string_view json, std::string_view root, google::protobuf::Message& message);

}  // namespace evmicro::detail
