#pragma once

#include <cstdint>
#include <string>

#include <google/protobuf/compiler/code_generator.h>

namespace evmicro::protoc {

/// Writes `x.evmicro.h` and `x.evmicro.cc` for each `x.proto`, even without services, so that build
/// rules can rely on both. Takes no parameters.
class Generator final : public google::protobuf::compiler::CodeGenerator {
 public:
  std::uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }

  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context,
                std::string* error) const override;
};

}  // namespace evmicro::protoc
