#pragma once

#include <string>

namespace google::protobuf {
class Descriptor;
}

namespace evmicro::detail {

/// How many messages a streaming method has in each direction. Only its .proto says so: what is not
/// linked into the program may have any number.
struct MethodKind {
  bool oneRequest = false;
  bool oneReply = false;
};

/// Of the method `name`, `Service.Method` or with a package in front, for messages of the type
/// `request` (null: not protobuf's).
MethodKind kindOfMethod(const std::string& name, const google::protobuf::Descriptor* request);

}  // namespace evmicro::detail
