#pragma once

#include <string>
#include <string_view>

#include <evmicro/call.h>
#include <evmicro/client.h>

namespace evmicro::detail {

/// The id of errors that the client makes itself.
inline constexpr std::string_view kClientId = "go.micro.client";

/// A serialised request, which can be sent several times.
struct PreparedCall final : Abandonable {
  std::string service;
  std::string method;
  std::string topic;  // of a publication: not a call
  std::string contentType;
  const Codec* codec = nullptr;
  Buffer body;
  PayloadTarget response;
  CallOptions options;
  std::string tlsNode;             // the id of the node at `options.address`, if known
  bool wrapped = false;            // the call passes through wrappers
  bool abandoned = false;          // the caller has dropped its token
  bool answered = false;           // the node has answered
  Abandonable* running = nullptr;  // the call in progress; resets this when it ends

  /// Whether it goes by gRPC, whatever the transport.
  bool byGrpc() const noexcept {
    constexpr std::string_view kGrpc = "application/grpc";
    return std::string_view(contentType).substr(0, kGrpc.size()) == kGrpc;
  }

  void abandon() noexcept override {
    abandoned = true;
    if (running) running->abandon();
  }
};

/// `client: call greeter Greeter.Hello at 127.0.0.1:9090: <detail>`, with the client's id.
Status describeFailure(const PreparedCall& prepared, const Node& node, Status why);

}  // namespace evmicro::detail
