#include "server/grpc_reflection.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.pb.h>

#include "server/grpc_reflection.pb.h"

namespace evmicro::detail {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using Request = grpc_reflection::ServerReflectionRequest;
using Response = grpc_reflection::ServerReflectionResponse;
using Conversation = ServerStream<Request, Response>;

constexpr int kInvalidArgument = 3;
constexpr int kNotFound = 5;

void fail(int code, std::string text, Response& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(std::move(text));
}

// The file after those that it needs, each once.
void addFile(const FileDescriptor& file, std::set<const FileDescriptor*>& seen,
             grpc_reflection::FileDescriptorResponse& files) {
  if (!seen.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  file.CopyJsonNameTo(&proto);
  files.add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) addFile(*file.dependency(i), seen, files);
}

void answerFile(const FileDescriptor* file, const std::string& what, Response& response) {
  if (!file) return fail(kNotFound, "not found: " + what, response);
  std::set<const FileDescriptor*> seen;
  addFile(*file, seen, *response.mutable_file_descriptor_response());
}

void answerExtension(const ServiceSchemas& schemas, const Request& request, Response& response) {
  const auto& wanted = request.file_containing_extension();
  const std::string what =
      "extension " + std::to_string(wanted.extension_number()) + " of " + wanted.containing_type();
  const Descriptor* const type = schemas.pool().FindMessageTypeByName(wanted.containing_type());
  const FieldDescriptor* const field =
      type ? schemas.pool().FindExtensionByNumber(type, wanted.extension_number()) : nullptr;
  answerFile(field ? field->file() : nullptr, what, response);
}

void answerExtensionNumbers(const ServiceSchemas& schemas, const std::string& name,
                            Response& response) {
  const Descriptor* const type = schemas.pool().FindMessageTypeByName(name);
  if (!type) return fail(kNotFound, "not found: type " + name, response);
  std::vector<const FieldDescriptor*> all;
  schemas.pool().FindAllExtensions(type, &all);
  std::set<int> numbers;
  for (const FieldDescriptor* field : all) numbers.insert(field->number());
  auto& answer = *response.mutable_all_extension_numbers_response();
  answer.set_base_type_name(name);
  for (const int number : numbers) answer.add_extension_number(number);
}

void answerServices(const ServiceSchemas& schemas, Response& response) {
  auto& answer = *response.mutable_list_services_response();
  for (const std::string& name : schemas.services()) answer.add_service()->set_name(name);
}

Response answer(const ServiceSchemas& schemas, const Request& request) {
  Response response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  const auto& pool = schemas.pool();
  switch (request.message_request_case()) {
    case Request::kFileByFilename: {
      const std::string& name = request.file_by_filename();
      answerFile(pool.FindFileByName(name), "file " + name, response);
      break;
    }
    case Request::kFileContainingSymbol: {
      const std::string& name = request.file_containing_symbol();
      answerFile(pool.FindFileContainingSymbol(name), "symbol " + name, response);
      break;
    }
    case Request::kFileContainingExtension: answerExtension(schemas, request, response); break;
    case Request::kAllExtensionNumbersOfType:
      answerExtensionNumbers(schemas, request.all_extension_numbers_of_type(), response);
      break;
    case Request::kListServices: answerServices(schemas, response); break;
    case Request::MESSAGE_REQUEST_NOT_SET: fail(kInvalidArgument, "empty request", response);
  }
  return response;
}

}  // namespace

const ServiceSchemas& GrpcReflection::schemas() {
  if (!schemas_) schemas_ = std::make_unique<const ServiceSchemas>(methods_);
  return *schemas_;
}

void GrpcReflection::addTo(Server& server) {
  HandleOptions hidden;
  hidden.announce = HandleOptions::Announce::kNo;
  const auto serve = [this](const Context&, Conversation stream) {
    stream.onMessage([this, stream](const Request& request) mutable {
      stream.send(answer(schemas(), request));
    });
    stream.onEnd([stream](const Status& how) mutable {
      if (how.ok()) stream.finish();
    });
  };
  for (const char* version : {"v1", "v1alpha"}) {
    server.handleStream<Request, Response>(
        std::string("grpc.reflection.") + version + ".ServerReflection.ServerReflectionInfo", serve,
        hidden);
  }
}

}  // namespace evmicro::detail
