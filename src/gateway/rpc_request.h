#pragma once

#include <string>

#include <evmicro/codec.h>
#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// What `POST /rpc` asks for.
struct RpcRequest {
  std::string service;
  std::string method;
  std::string address;  ///< of a node; empty: one is chosen
  JsonDocument request;
};

/// Reads it out of a JSON object or a form: with Content-Type application/json the body is
/// `{"service":s,"method":s,"address":s,"request":any}` (keys without regard to case, `request`
/// perhaps as a string that holds JSON); anything else is taken for a form with the same names, in
/// query or body. The error is the one to answer with (400).
Result<RpcRequest> readRpcRequest(const WebRequest& request);

}  // namespace evmicro::gateway
