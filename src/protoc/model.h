#pragma once

#include <string>
#include <vector>

namespace google::protobuf {
class FileDescriptor;
}

namespace evmicro::protoc {

/// One rpc of a service, in the words of the generated code.
struct Method {
  enum class Kind { kUnary, kServerStreaming, kClientStreaming, kBidirectional };

  Kind kind = Kind::kUnary;
  std::string name;      ///< the C++ function: `Hello`
  std::string wireName;  ///< what travels: `Greeter.Hello`
  std::string request;   ///< C++ type, from the global namespace on: `::HelloRequest`
  std::string response;
  std::vector<std::string> comment;  ///< lines, without `///`
  bool idempotent = false;
  bool deprecated = false;
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
  std::string proto;  ///< as protoc was told: `hello/greeter.proto`
  std::string base;   ///< the same without `.proto`
  std::vector<std::string> namespaces;
  std::vector<Service> services;
};

/// Puts what is in `file` into `model`. False: no code can be made of it, and `error` says of which
/// service and method, and why.
bool buildModel(const google::protobuf::FileDescriptor& file, File& model, std::string& error);

}  // namespace evmicro::protoc
