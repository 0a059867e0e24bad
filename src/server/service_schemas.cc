#include "server/service_schemas.h"

#include <algorithm>
#include <map>
#include <set>

#include <google/protobuf/descriptor.pb.h>

#include "server/grpc_health.pb.h"
#include "server/grpc_reflection.pb.h"

namespace evmicro::detail {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::ServiceDescriptor;

std::string scoped(const std::string& package, const std::string& name) {
  return package.empty() ? name : package + "." + name;
}

std::string beforeLastDot(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? std::string() : name.substr(0, dot);
}

std::string afterLastDot(const std::string& name) { return name.substr(name.rfind('.') + 1); }

// The service of the program's own files that has all `methods`; null: there is none.
const ServiceDescriptor* findService(const std::string& full,
                                     const std::vector<const Method*>& methods) {
  const auto* const service = DescriptorPool::generated_pool()->FindServiceByName(full);
  const auto has = [service](const Method* method) {
    return service->FindMethodByName(afterLastDot(method->endpoint.name)) != nullptr;
  };
  return service && std::all_of(methods.begin(), methods.end(), has) ? service : nullptr;
}

bool isLinked(const Descriptor* type) {
  return type && type->file()->pool() == DescriptorPool::generated_pool();
}

// The package of the messages.
std::string guessPackage(const std::vector<const Method*>& methods) {
  for (const Method* method : methods) {
    if (method->types.request) return method->types.request->file()->package();
  }
  return {};
}

// Our file with the messages of a standard service, as if it had been compiled in `package`.
FileDescriptorProto renamed(const FileDescriptor& file, const std::string& package) {
  FileDescriptorProto proto;
  file.CopyTo(&proto);
  std::string name = package + "." + afterLastDot(file.package());
  std::replace(name.begin(), name.end(), '.', '/');
  proto.set_name(name + ".proto");
  proto.set_package(package);
  const std::string ours = "." + file.package() + ".";
  const auto rename = [&](std::string* type) {
    if (type->compare(0, ours.size(), ours) == 0) {
      type->replace(0, ours.size(), "." + package + ".");
    }
  };
  for (auto& message : *proto.mutable_message_type()) {
    for (auto& field : *message.mutable_field()) {
      if (field.has_type_name()) rename(field.mutable_type_name());
    }
  }
  for (auto& service : *proto.mutable_service()) {
    for (auto& method : *service.mutable_method()) {
      rename(method.mutable_input_type());
      rename(method.mutable_output_type());
    }
  }
  return proto;
}

}  // namespace

ServiceSchemas::ServiceSchemas(const MethodTable& methods)
    : pool_(DescriptorPool::generated_pool()) {
  std::map<std::string, std::vector<const Method*>> byService;
  methods.forEach([&byService](const Method& method) {
    if (method.announce != HandleOptions::Announce::kYes) return;
    byService[beforeLastDot(method.endpoint.name)].push_back(&method);
  });
  for (const auto& [name, all] : byService) {
    addService(name, methods.packageOf(name).value_or(""), all);
  }
  std::set<std::string> standard;
  methods.forEachStandard(
      [&standard](const Method& method) { standard.insert(beforeLastDot(method.endpoint.name)); });
  for (const std::string& service : standard) addStandard(service);
  std::sort(services_.begin(), services_.end());
}

void ServiceSchemas::addService(const std::string& name, const std::string& package,
                                const std::vector<const Method*>& methods) {
  const std::string full = scoped(package.empty() ? guessPackage(methods) : package, name);
  if (findService(full, methods)) {
    services_.push_back(full);
  } else {
    makeUp(name, package, methods);
  }
}

void ServiceSchemas::makeUp(const std::string& name, const std::string& package,
                            const std::vector<const Method*>& methods) {
  FileDescriptorProto file;
  file.set_name("evmicro/services/" + scoped(package, name) + ".proto");
  file.set_package(package);
  file.set_syntax("proto3");
  auto* const service = file.add_service();
  service->set_name(name);
  std::set<std::string> dependencies;
  for (const Method* method : methods) {
    const MethodTypes& types = method->types;
    if (!isLinked(types.request) || !isLinked(types.response)) continue;  // not protobuf
    auto* const entry = service->add_method();
    entry->set_name(afterLastDot(method->endpoint.name));
    entry->set_input_type("." + types.request->full_name());
    entry->set_output_type("." + types.response->full_name());
    entry->set_client_streaming(method->streaming);
    entry->set_server_streaming(method->streaming);
    dependencies.insert(types.request->file()->name());
    dependencies.insert(types.response->file()->name());
  }
  for (const std::string& dependency : dependencies) file.add_dependency(dependency);
  // A name that a linked file uses for something else.
  if (DescriptorPool::generated_pool()->FindFileContainingSymbol(scoped(package, name))) return;
  if (pool_.BuildFile(file)) services_.push_back(scoped(package, name));
}

void ServiceSchemas::addStandard(const std::string& service) {
  services_.push_back(service);
  if (pool_.FindServiceByName(service)) return;  // the program links gRPC's
  const std::string package = beforeLastDot(service);
  const FileDescriptor& ours = afterLastDot(service) == "Health"
                                   ? *grpc_health::HealthCheckRequest::descriptor()->file()
                                   : *grpc_reflection::ErrorResponse::descriptor()->file();
  pool_.BuildFile(renamed(ours, package));
}

}  // namespace evmicro::detail
