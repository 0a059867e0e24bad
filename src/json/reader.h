#pragma once

#include <string_view>

#include <evmicro/status.h>

namespace google::protobuf {
class Message;
}

namespace evmicro::detail {

/// Fills `message` from one checked JSON value (see JsonScanner), the reverse of writeJson(). Also
/// read: camelCase names and any case, integers and enums as strings, Go's way of writing a oneof
/// (`"Kind":{"Name":"x"}`). null means the default value, unknown members are skipped, of a oneof
/// the last member wins.
///
/// An error names the place, starting with `root`: `params[0].items[3].count: expected an integer,
/// got a string "x"`; `message` is then filled in part.
Status readJson(std::string_view json, std::string_view root, google::protobuf::Message& message);

}  // namespace evmicro::detail
