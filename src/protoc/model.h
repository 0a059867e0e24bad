#pragma once

#include <string>
#include <vector>

namespace google::protobuf {
class FileDescriptor;
}

namespace evmicro::protoc {

/// One rpc of a service, with the names in the generated code.
struct Method {
  enum class Kind { kUnary, kServerStreaming, kClientStreaming, kBidirectional };

  Kind kind = Kind::kUnary;
  std::string name;      ///< the C++ function: `Hello`
  std::string wireName;  ///< for server and client: `some.package.Greeter.Hello`
  std::string request;   ///< fully qualified C++ type: `::HelloRequest`
  std::string response;
  std::vector<std::string> comment;  ///< lines, without `///`
  bool idempotent = false;
  bool deprecated = false;
  std::string http;  ///< see httpRules()
};

struct Service {
  std::string name;  ///< as in the .proto: `Greeter`
  std::string handler;
  std::string asyncHandler;
  std::string client;
  std::string registration;  ///< `registerGreeterHandler`
  std::vector<std::string> comment;
  std::vector<Method> methods;
};

struct File {
  std::string proto;  ///< as given to protoc: `hello/greeter.proto`
  std::string base;   ///< the same without `.proto`
  std::vector<std::string> namespaces;
  std::vector<Service> services;
};

/// Fills `model` from `file`. False: no code can be generated, and `error` says for which service
/// and method, and why.
bool buildModel(const google::protobuf::FileDescriptor& file, File& model, std::string& error);

}  // namespace evmicro::protoc
