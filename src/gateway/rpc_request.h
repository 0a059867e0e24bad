#pragma once

#include <string>

#include <evmicro/codec.h>
#include <evmicro/status.h>
#include <evmicro/web_server.h>

namespace evmicro::gateway {

/// The content of `POST /rpc`.
struct RpcRequest {
  std::string service;
  std::string method;
  std::string address;  ///< address of a node; empty: one is chosen
  JsonDocument request;
};

/// Decodes it from a JSON object or a form: with Content-Type application/json the body is
/// `{"service":s,"method":s,"address":s,"request":any}` (case-insensitive keys; `request` may also
/// be a string that holds JSON); any other type is treated as a form with the same names, in query
/// or body. The error is the one to answer with (400).
Result<RpcRequest> readRpcRequest(const WebRequest& request);

}  // namespace evmicro::gateway
