#pragma once

#include <string>

namespace google::protobuf {
class Message;
}

namespace evmicro::detail {

/// The path of the first string in `message` that is not UTF-8 (`user.names[2]`), empty if there is
/// none. Also finds the string at which parsing stopped, unless it is in a map.
std::string findBadUtf8(const google::protobuf::Message& message);

}  // namespace evmicro::detail
