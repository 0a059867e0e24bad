#include "tool/call_flags.h"

#include "tool/arguments.h"

namespace evmicro::tool {

namespace {

std::string problemOf(const std::string& header) {
  constexpr std::string_view kTokenCharacters =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::size_t colon = header.find_first_not_of(kTokenCharacters);
  if (colon == std::string::npos || colon == 0 || header[colon] != ':') {
    return "expected 'Key: value', got \"" + header + "\"";
  }
  return header.find_first_of(std::string("\r\n\0", 3)) == std::string::npos
             ? ""
             : "a header must not contain line breaks: \"" + header + "\"";
}

}  // namespace

CallOptions CallFlags::options() const {
  CallOptions options;
  options.address = address;
  options.contentType = "application/json";
  return options;
}

CallOptions CallFlags::grpcOptions() const {
  CallOptions grpc = options();
  grpc.contentType = "application/grpc";
  return grpc;
}

Context CallFlags::context() const {
  Context context;
  for (const std::string& header : headers) {
    const std::size_t colon = header.find(':');
    const std::size_t value = std::min(header.find_first_not_of(" \t", colon + 1), header.size());
    context.metadata().set(header.substr(0, colon), header.substr(value));
  }
  return context;
}

bool isUnknownMethod(const Status& status) noexcept {
  return status.code() == 501 || status.kind() == ErrorKind::kNotFound;
}

void addCallFlags(Arguments& arguments, CallFlags& flags) {
  arguments.addFlag("--address", "ADDRESS", flags.address,
                    "Call HOST:PORT or unix:///PATH directly, without a registry lookup");
  addHeaderFlag(arguments, flags);
}

void addHeaderFlag(Arguments& arguments, CallFlags& flags) {
  arguments.addList("-H,--header", "'KEY: VALUE'", flags.headers,
                    "Metadata to send; may be repeated", problemOf);
}

}  // namespace evmicro::tool
