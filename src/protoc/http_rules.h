#pragma once

#include <string>

namespace google::protobuf {
class MethodOptions;
}

namespace evmicro::protoc {

/// The `google.api.http` annotation of a method, for the metadata of its endpoint:
/// `GET /v1/{name}`, several joined by "; ". A rule with a body ends with its field, or `*`:
/// `POST /v1/names *`. Empty: there is none.
std::string httpRules(const google::protobuf::MethodOptions& options);

}  // namespace evmicro::protoc
