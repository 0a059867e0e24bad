#include "tool/reflection.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <google/protobuf/descriptor.pb.h>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "server/grpc_reflection.pb.h"

namespace evmicro::tool {

namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using Request = detail::grpc_reflection::ServerReflectionRequest;
using Response = detail::grpc_reflection::ServerReflectionResponse;

constexpr std::size_t kMostFiles = 2'000;

bool has(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool endsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

// One request and its response.
class Reflection::Exchange {
 public:
  Exchange(Service& service, const std::string& name, const CallFlags& flags,
           const std::string& version, const Request& request)
      : stream_(service.client().stream<Request, Response>(
            flags.context(), name,
            "grpc.reflection." + version + ".ServerReflection.ServerReflectionInfo",
            flags.grpcOptions())) {
    stream_.onMessage([this](Response response) { response_ = std::move(response); });
    stream_.onEnd([this](Status how) { end_ = std::move(how); });
    stream_.send(request);
    stream_.finishSending();
  }

  static Result<Response> run(Service& service, const std::string& name, const CallFlags& flags,
                              const Request& request) {
    Status problem;
    for (const char* version : {"v1", "v1alpha"}) {
      Exchange exchange(service, name, flags, version, request);
      problem = exchange.wait(service);
      if (problem.ok()) return answerIn(std::move(*exchange.response_));
      if (!isUnknownMethod(problem)) break;
    }
    if (!isUnknownMethod(problem)) return problem;
    return Status::notFound("the server does not describe its services: it has no reflection");
  }

 private:
  static Result<Response> answerIn(Response response) {
    if (!response.has_error_response()) return response;
    return Status::notFound("reflection: " + response.error_response().error_message());
  }

  Status wait(Service& service) {
    bool late = false;
    Timer limit(service.loop(), [&late] { late = true; });
    const auto timeout = service.options().client.requestTimeout;
    if (timeout.count() > 0) limit.start(timeout);
    const Status turned =
        service.loop().runUntil([&] { return late || response_.has_value() || end_.has_value(); });
    if (!turned.ok()) return turned;
    if (response_) return {};
    if (late) return Status::timeout("the server's reflection does not answer");
    return end_->ok() ? Status::internal("the server's reflection has no answer") : *end_;
  }

  std::optional<Response> response_;
  std::optional<Status> end_;
  ClientStream<Request, Response> stream_;
};

Reflection::Reflection(Service& service, std::string name, const CallFlags& flags)
    : service_(service), name_(std::move(name)), flags_(flags) {}

Result<std::vector<std::string>> Reflection::services() {
  Request request;
  request.set_list_services("*");
  const auto response = Exchange::run(service_, name_, flags_, request);
  if (!response.ok()) return response.status();
  std::vector<std::string> names;
  for (const auto& one : response->list_services_response().service()) {
    names.push_back(one.name());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<const MethodDescriptor*> Reflection::method(std::string name) {
  std::replace(name.begin(), name.end(), '/', '.');
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == name.size()) {
    return Status::invalid("\"" + name + "\" is not of the form package.Service.Method");
  }
  const Result<std::string> service = fullName(name.substr(0, dot));
  if (!service.ok()) return service.status();
  Status status = addFilesOf(*service);
  if (!status.ok()) return status;
  const ServiceDescriptor* const found = pool_.FindServiceByName(*service);
  if (!found) return Status::invalid("the server's description of " + *service + " is not valid");
  const MethodDescriptor* const method = found->FindMethodByName(name.substr(dot + 1));
  if (method) return method;
  return Status::notFound(*service + " has no method " + name.substr(dot + 1));
}

Result<std::string> Reflection::fullName(const std::string& service) {
  const auto all = services();
  if (!all.ok()) return all.status();
  if (has(*all, service)) return service;
  std::vector<std::string> matches;
  for (const std::string& one : *all) {
    if (endsWith(one, "." + service)) matches.push_back(one);
  }
  if (matches.size() == 1) return matches[0];
  if (matches.empty()) return Status::notFound("the server has no service " + service);
  return Status::invalid("the server has several services " + service +
                         ": give one with its package, such as " + matches[0]);
}

Status Reflection::addFilesOf(const std::string& symbol) {
  Request request;
  request.set_file_containing_symbol(symbol);
  const auto response = Exchange::run(service_, name_, flags_, request);
  if (!response.ok()) return response.status();
  for (const auto& bytes : response->file_descriptor_response().file_descriptor_proto()) {
    Status status = addFile(bytes);
    if (!status.ok()) return status;
  }
  return addMissing();
}

Status Reflection::addFile(const std::string& bytes) {
  FileDescriptorProto file;
  if (!file.ParseFromString(bytes)) {
    return Status::invalid("the server's description of its services is malformed");
  }
  if (has(known_, file.name())) return {};
  known_.push_back(file.name());
  if (known_.size() > kMostFiles)
    return Status::invalid("the server's services have too many files");
  for (const std::string& dependency : file.dependency()) missing_.push_back(dependency);
  files_.Add(file);
  return {};
}

// Servers may leave out the files that others need.
Status Reflection::addMissing() {
  while (!missing_.empty()) {
    const std::string name = std::move(missing_.back());
    missing_.pop_back();
    if (has(known_, name)) continue;
    Request request;
    request.set_file_by_filename(name);
    const auto response = Exchange::run(service_, name_, flags_, request);
    if (!response.ok()) return response.status();
    for (const auto& bytes : response->file_descriptor_response().file_descriptor_proto()) {
      Status status = addFile(bytes);
      if (!status.ok()) return status;
    }
    if (!has(known_, name)) return Status::notFound("reflection: there is no file " + name);
  }
  return {};
}

}  // namespace evmicro::tool
