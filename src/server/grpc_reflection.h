#pragma once

#include <memory>

#include <evmicro/server.h>

#include "server/method_table.h"
#include "server/service_schemas.h"

namespace evmicro::detail {

/// gRPC's reflection service, v1 and v1alpha.
class GrpcReflection {
 public:
  /// `methods` must outlive it.
  explicit GrpcReflection(const MethodTable& methods) : methods_(methods) {}
  GrpcReflection(const GrpcReflection&) = delete;
  GrpcReflection& operator=(const GrpcReflection&) = delete;

  /// Adds both versions. Must live as long as `server` serves.
  void addTo(Server& server);

 private:
  const ServiceSchemas& schemas();

  const MethodTable& methods_;
  std::unique_ptr<const ServiceSchemas> schemas_;  // made by the first request
};

}  // namespace evmicro::detail
