#pragma once

#include <string>
#include <vector>

#include <evmicro/client.h>
#include <evmicro/context.h>
#include <evmicro/status.h>

namespace evmicro::tool {

class Arguments;

/// Flags of all commands that call services.
struct CallFlags {
  std::string address;
  std::vector<std::string> headers;  ///< each `Key: value`, checked

  /// json-rpc, to `address` if that was given.
  CallOptions options() const;
  /// gRPC, to the same.
  CallOptions grpcOptions() const;
  /// Has the headers as metadata.
  Context context() const;
};

/// Whether `status` is a gRPC server's answer to a method that it does not have.
bool isUnknownMethod(const Status& status) noexcept;

/// Adds them, or `--header` alone; `flags` must outlive the parsing.
void addCallFlags(Arguments& arguments, CallFlags& flags);
void addHeaderFlag(Arguments& arguments, CallFlags& flags);

}  // namespace evmicro::tool
