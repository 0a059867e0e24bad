#pragma once

#include <memory>
#include <string>

#include <google/protobuf/message.h>
#include <jansson.h>

namespace web {

struct ReleaseJson {
  void operator()(json_t* value) const noexcept { json_decref(value); }
};
using Json = std::unique_ptr<json_t, ReleaseJson>;

/// Null: it is not a JSON object or array. What is wrong with single texts and numbers is repaired.
Json parseTolerantly(const std::string& json);

/// Reads JSON from an API that may change: members without a field are skipped, a scalar of another
/// kind is converted (`"12"` to a number, `1` to true, a number to text), and what cannot be
/// converted is left out. False: it is not a JSON object.
bool readTolerantly(const std::string& json, google::protobuf::Message& message);
bool readTolerantly(const json_t* json, google::protobuf::Message& message);

}  // namespace web
