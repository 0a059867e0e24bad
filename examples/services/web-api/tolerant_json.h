#pragma once

#include <string>

#include <google/protobuf/message.h>

namespace web {

/// Reads JSON from an API that may change: members without a field are skipped, a scalar of another
/// kind is converted (`"12"` to a number, `1` to true, a number to text), and what cannot be
/// converted is left out. False: it is not a JSON object.
bool readTolerantly(const std::string& json, google::protobuf::Message& message);

}  // namespace web
