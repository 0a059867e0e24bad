#pragma once

#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>

#include <evmicro/service.h>
#include <evmicro/status.h>

#include "tool/call_flags.h"

namespace evmicro::tool {

/// What a gRPC server tells of itself by its reflection service, v1 or v1alpha. Functions block.
class Reflection {
 public:
  /// Asks a node of `name`, or the one at the address in `flags`. `service` must outlive it.
  Reflection(Service& service, std::string name, const CallFlags& flags);
  Reflection(const Reflection&) = delete;
  Reflection& operator=(const Reflection&) = delete;

  /// The full names of its services, sorted.
  Result<std::vector<std::string>> services();
  /// `name` is `package.Service.Method` or `package.Service/Method`; without the package if only
  /// one service has that name. Valid as long as this object.
  Result<const google::protobuf::MethodDescriptor*> method(std::string name);

 private:
  class Exchange;

  Result<std::string> fullName(const std::string& service);
  Status addFilesOf(const std::string& symbol);
  Status addFile(const std::string& bytes);
  Status addMissing();

  Service& service_;
  const std::string name_;
  const CallFlags& flags_;
  std::vector<std::string> missing_;  // names of files
  std::vector<std::string> known_;
  google::protobuf::SimpleDescriptorDatabase files_;
  google::protobuf::DescriptorPool pool_{&files_};
};

}  // namespace evmicro::tool
