#pragma once

#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "server/method_table.h"

namespace evmicro::detail {

/// The descriptors of a server's services and of everything that they use.
///
/// Services come from their .proto, if it is linked into the program. For others a file is made up
/// from their methods, which says of streams that both sides may send any number of messages.
class ServiceSchemas {
 public:
  /// `methods` are complete. Those that are not announced are left out.
  explicit ServiceSchemas(const MethodTable& methods);
  ServiceSchemas(const ServiceSchemas&) = delete;
  ServiceSchemas& operator=(const ServiceSchemas&) = delete;

  /// The full names of the services, sorted.
  const std::vector<std::string>& services() const noexcept { return services_; }
  /// The files of the program, and those that were made up.
  const google::protobuf::DescriptorPool& pool() const noexcept { return pool_; }

 private:
  void addService(const std::string& name, const std::string& package,
                  const std::vector<const Method*>& methods);
  void makeUp(const std::string& name, const std::string& package,
              const std::vector<const Method*>& methods);
  void addStandard(const std::string& service);

  google::protobuf::DescriptorPool pool_;  // with the program's own beneath it
  std::vector<std::string> services_;
};

}  // namespace evmicro::detail
