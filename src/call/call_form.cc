#include "call/call_form.h"

#include <algorithm>
#include <array>
#include <utility>

namespace evmicro::detail {

namespace {

constexpr std::string_view kGrpc = "application/grpc";

bool says(const Node& node, const char* key, std::string_view value) {
  const auto found = node.metadata.find(key);
  return found != node.metadata.end() && found->second == value;
}

}  // namespace

std::string_view grpcTypeFor(std::string_view contentType) noexcept {
  using Pair = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Pair, 5> kTypes = {
      {{"application/octet-stream", kGrpc},
       {"application/protobuf", kGrpc},
       {"application/proto-rpc", kGrpc},
       {"application/json", "application/grpc+json"},
       {"application/json-rpc", "application/grpc+json"}}};
  if (isGrpcType(contentType)) return contentType;
  const auto found = std::find_if(kTypes.begin(), kTypes.end(), [contentType](const Pair& pair) {
    return pair.first == contentType;
  });
  return found == kTypes.end() ? std::string_view() : found->second;
}

bool speaksOnlyGrpc(const Node& node) { return says(node, "protocol", "grpc"); }

bool speaksGrpc(const Node& node) { return speaksOnlyGrpc(node) || says(node, "grpc", "true"); }

// The request is our own: its envelope is valid.
Buffer asGrpcMessage(const Codec& codec, std::string_view request) {
  Buffer body(request);
  Frame frame;
  static_cast<void>(codec.readRequest(body, frame));
  Buffer message;
  appendGrpcPrefix(frame.payloadSize, message);
  message.append(body.front(frame.payloadSize));
  return message;
}

}  // namespace evmicro::detail
