#include "protoc/generator.h"

#include <memory>

#include <google/protobuf/io/printer.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include "protoc/model.h"
#include "protoc/writer.h"

namespace evmicro::protoc {

bool Generator::Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                         google::protobuf::compiler::GeneratorContext* context,
                         std::string* error) const {
  if (!parameter.empty()) {
    *error = "unknown parameter \"" + parameter +
             "\": protoc-gen-evmicro has no parameters: use --evmicro_out=DIR";
    return false;
  }
  File model;
  if (!buildModel(*file, model, *error)) return false;
  const auto write = [&](const char* suffix, void (*writer)(const File&, Printer&)) {
    const std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> output(
        context->Open(model.base + suffix));
    Printer printer(output.get(), '$');
    writer(model, printer);
  };
  write(".evmicro.h", writeHeader);
  write(".evmicro.cc", writeSource);
  return true;
}

}  // namespace evmicro::protoc
