#pragma once

#include <google/protobuf/io/printer.h>

#include "protoc/model.h"

// What is written for a method with one request and one response. Methods with streams have
// the same parts in streaming.h.
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
