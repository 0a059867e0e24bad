#pragma once

#include <string>
#include <string_view>

#include <evmicro/call.h>
#include <evmicro/client.h>

#include "call/call_form.h"
#include "codec/codec_table.h"

namespace evmicro::detail {

/// The id of errors that the client makes itself.
inline constexpr std::string_view kClientId = "go.micro.client";

/// A serialised request, which can be sent several times.
struct PreparedCall final : Abandonable {
  std::string service;
  std::string method;   // `Service.Method`
  std::string package;  // of the method's service; empty: none
  std::string topic;    // of a publication: not a call
  std::string contentType;
  const Codec* codec = nullptr;
  const CodecTable* codecs = nullptr;  // the client's; null: calls are not converted to gRPC
  CallProtocol protocol = CallProtocol::kMicro;
  const google::protobuf::Descriptor* streamOf = nullptr;  // a stream's requests; null: not known
  Buffer body;                                             // in the form of contentType
  PayloadTarget response;
  CallOptions options;
  std::string tlsNode;             // the id of the node at `options.address`, if known
  bool wrapped = false;            // the call passes through wrappers
  bool abandoned = false;          // the caller has dropped its token
  bool answered = false;           // the node has answered
  Abandonable* running = nullptr;  // the call in progress; resets this when it ends

  /// `name`: `Service.Method`, or with a package in front.
  void setMethod(std::string_view name);
  /// Whether it goes by gRPC, whatever the node.
  bool byGrpc() const noexcept { return isGrpcType(contentType); }
  /// Whether it goes to `node` by gRPC, which it would understand as well as go-micro's protocol.
  bool prefersGrpc(const Node& node) const;
  /// How it is written. `grpc` without a form of gRPC: the codec is null.
  CallForm form(bool grpc) const noexcept;

  void abandon() noexcept override {
    abandoned = true;
    if (running) running->abandon();
  }
};

/// `client: call greeter Greeter.Hello at 127.0.0.1:9090: <detail>`, with the client's id.
Status describeFailure(const PreparedCall& prepared, const Node& node, Status why);

}  // namespace evmicro::detail
