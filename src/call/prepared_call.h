#pragma once

#include <string>
#include <string_view>

#include <evmicro/call.h>
#include <evmicro/client.h>

namespace evmicro::detail {

/// The id of errors that are made on this side.
inline constexpr std::string_view kClientId = "go.micro.client";

/// A request that is ready to be sent, as often as it takes.
struct PreparedCall final : Abandonable {
  std::string service;
  std::string method;
  std::string topic;  // of a publication: not a call
  std::string contentType;
  const Codec* codec = nullptr;
  Buffer body;
  PayloadTarget response;
  CallOptions options;
  bool wrapped = false;            // there are wrappers between the caller and the wire
  bool abandoned = false;          // the caller does not want to know any more
  bool answered = false;           // the node has said something
  Abandonable* running = nullptr;  // the call that sends it; it says when it ends

  void abandon() noexcept override {
    abandoned = true;
    if (running) running->abandon();
  }
};

/// `client: call greeter Greeter.Hello at 127.0.0.1:9090: <detail>`, signed by this side.
Status describeFailure(const PreparedCall& prepared, const Node& node, Status why);

}  // namespace evmicro::detail
