#include "call/method_kind.h"

#include <google/protobuf/descriptor.h>

namespace evmicro::detail {

namespace {

// `Service.Method`.
std::string withoutPackage(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return name;
  const std::size_t before = name.rfind('.', dot - 1);
  return before == std::string::npos ? name : name.substr(before + 1);
}

}  // namespace

// go-micro's names have no package: it is that of the messages then. Our copies of gRPC's standard
// services are in packages of their own, which are those of their messages, too.
MethodKind kindOfMethod(const std::string& name, const google::protobuf::Descriptor* request) {
  if (!request) return {};
  const std::string& package = request->file()->package();
  for (const std::string& full :
       {name, package.empty() ? name : package + "." + withoutPackage(name)}) {
    const auto* const method = request->file()->pool()->FindMethodByName(full);
    if (!method || method->input_type() != request) continue;
    return {!method->client_streaming(), !method->server_streaming()};
  }
  return {};
}

}  // namespace evmicro::detail
