#pragma once

#include <google/protobuf/io/printer.h>

#include "protoc/model.h"

// Code generation for methods whose request, response or both are streams.
namespace evmicro::protoc {

/// Its function in the XHandler class and in the XAsyncHandler class.
void writeStreamHandler(const Method& method, google::protobuf::io::Printer& out);
/// Its line in registerXHandler(), for either class.
void writeStreamRegistration(const Method& method, google::protobuf::io::Printer& out);
/// Its function in the XClient class, and the definition.
void writeStreamCall(const Method& method, google::protobuf::io::Printer& out);
void writeStreamCallBody(const Service& service, const Method& method,
                         google::protobuf::io::Printer& out);

}  // namespace evmicro::protoc
