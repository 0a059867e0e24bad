#pragma once

#include <google/protobuf/io/printer.h>

#include "protoc/model.h"

// Code generation for methods with one request and one response. streaming.h has the same parts for
// methods with streams.
namespace evmicro::protoc {

/// Its function in the XHandler class.
void writeUnaryHandler(const Method& method, google::protobuf::io::Printer& out);
/// Its function in the XAsyncHandler class.
void writeUnaryAsyncHandler(const Method& method, google::protobuf::io::Printer& out);
/// Its line in registerXHandler().
void writeUnaryRegistration(const Method& method, google::protobuf::io::Printer& out);
void writeUnaryAsyncRegistration(const Method& method, google::protobuf::io::Printer& out);
/// Its functions in the XClient class, and their definitions.
void writeUnaryCalls(const Method& method, google::protobuf::io::Printer& out);
void writeUnaryCallBodies(const Service& service, const Method& method,
                          google::protobuf::io::Printer& out);

}  // namespace evmicro::protoc
