#include "protoc/model.h"

#include <set>

#include <google/protobuf/compiler/cpp/names.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "protoc/class_names.h"
#include "protoc/comments.h"
#include "protoc/http_rules.h"
#include "protoc/names.h"

namespace evmicro::protoc {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileOptions;
using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;
using google::protobuf::ServiceDescriptor;

// Names used by the generated classes themselves, see unary.cc.
const std::set<std::string> kMembers = {"service_", "client_", "Token_"};

template <typename Described>
std::vector<std::string> commentOf(const Described& descriptor) {
  google::protobuf::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location)) return {};
  std::vector<std::string> lines = commentLines(location.leading_comments);
  return lines.empty() ? commentLines(location.trailing_comments) : lines;
}

// A function with the name of its class would be a constructor.
std::string functionName(const Service& service, const std::string& name) {
  const bool taken = name == service.handler || name == service.asyncHandler ||
                     name == service.client || kMembers.count(name) > 0;
  return taken ? name + "_" : cppName(name);
}

Method::Kind kindOf(const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? Method::Kind::kBidirectional
                                     : Method::Kind::kClientStreaming;
  }
  return method.server_streaming() ? Method::Kind::kServerStreaming : Method::Kind::kUnary;
}

Method buildMethod(const MethodDescriptor& descriptor, const Service& service) {
  using google::protobuf::compiler::cpp::QualifiedClassName;
  Method method;
  method.kind = kindOf(descriptor);
  method.name = functionName(service, descriptor.name());
  method.wireName = descriptor.full_name();
  method.request = QualifiedClassName(descriptor.input_type());
  method.response = QualifiedClassName(descriptor.output_type());
  method.comment = commentOf(descriptor);
  const MethodOptions& options = descriptor.options();
  method.idempotent = options.idempotency_level() != MethodOptions::IDEMPOTENCY_UNKNOWN;
  method.deprecated = options.deprecated();
  method.http = httpRules(options);
  return method;
}

// Codecs need descriptors and reflection, which such messages lack.
bool isLite(const Descriptor& message) {
  return message.file()->options().optimize_for() == FileOptions::LITE_RUNTIME;
}

bool buildMethods(const ServiceDescriptor& descriptor, Service& service, std::string& error) {
  std::set<std::string> names;
  for (int i = 0; i < descriptor.method_count(); ++i) {
    const MethodDescriptor& rpc = *descriptor.method(i);
    for (const Descriptor* const message : {rpc.input_type(), rpc.output_type()}) {
      if (!isLite(*message)) continue;
      error = "method " + rpc.name() + ": " + message->full_name() +
              " is a lite message (optimize_for = LITE_RUNTIME), which evmicro cannot carry";
      return false;
    }
    Method method = buildMethod(rpc, service);
    if (!names.insert(method.name).second) {
      error =
          "method " + rpc.name() + ": another method has its C++ name " + method.name + " already";
      return false;
    }
    service.methods.push_back(std::move(method));
  }
  return true;
}

bool buildService(const ServiceDescriptor& descriptor, std::set<std::string>& generated,
                  Service& service, std::string& error) {
  if (!setApart(descriptor, generated, error)) return false;
  service.name = descriptor.name();
  const auto free = [&](const std::string& name) {
    return freeName(*descriptor.file(), generated, name);
  };
  service.handler = free(service.name + "Handler");
  service.asyncHandler = free(service.name + "AsyncHandler");
  service.client = free(service.name + "Client");
  service.registration = free("register" + service.name + "Handler");
  service.comment = commentOf(descriptor);
  return buildMethods(descriptor, service, error);
}

}  // namespace

bool buildModel(const FileDescriptor& file, File& model, std::string& error) {
  model.proto = file.name();
  model.base = google::protobuf::compiler::cpp::StripProto(file.name());
  model.namespaces = namespacesOf(file.package());
  if (!leavesOwnNamespace(file, error)) return false;
  std::set<std::string> generated = nestedNames(file);
  for (int i = 0; i < file.service_count(); ++i) {
    Service service;
    if (!buildService(*file.service(i), generated, service, error)) {
      error = "service " + file.service(i)->name() + ": " + error;
      return false;
    }
    model.services.push_back(std::move(service));
  }
  return true;
}

}  // namespace evmicro::protoc
