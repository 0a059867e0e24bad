#pragma once

#include <string>

namespace google::protobuf {
class MethodOptions;
}

namespace evmicro::protoc {

/// The `google.api.http` annotation of a method, for the metadata of its endpoint:
/// `GET /v1/{name}`, several joined by "; ". Behind the path stands the field that is the body, or
/// `*`: `POST /v1/names *`; behind it the field of the reply that is sent (`response_body`), and
/// `-` for the body if there is none: `GET /v1/names - names`. Empty: there is no annotation.
std::string httpRules(const google::protobuf::MethodOptions& options);

}  // namespace evmicro::protoc
