#pragma once

#include <google/protobuf/io/printer.h>

#include "protoc/model.h"

namespace evmicro::protoc {

using google::protobuf::io::Printer;

/// The text of `file`.evmicro.h: handlers, registration and client of each service.
void writeHeader(const File& file, Printer& out);
/// The text of `file`.evmicro.cc.
void writeSource(const File& file, Printer& out);

}  // namespace evmicro::protoc
