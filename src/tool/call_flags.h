#pragma once

#include <string>
#include <vector>

#include <evmicro/client.h>
#include <evmicro/context.h>

namespace evmicro::tool {

class Arguments;

/// Flags of all commands that call services.
struct CallFlags {
  std::string address;
  std::vector<std::string> headers;  ///< each `Key: value`, checked

  /// json-rpc, to `address` if that was given.
  CallOptions options() const;
  /// Has the headers as metadata.
  Context context() const;
};

/// Adds them, or `--header` alone; `flags` must outlive the parsing.
void addCallFlags(Arguments& arguments, CallFlags& flags);
void addHeaderFlag(Arguments& arguments, CallFlags& flags);

}  // namespace evmicro::tool
