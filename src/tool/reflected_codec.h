#pragma once

#include <memory>

#include <google/protobuf/descriptor.h>

#include <evmicro/codec.h>

namespace evmicro::tool {

/// The types of the messages that are sent and received as JSON; null: not known yet.
struct ReflectedTypes {
  const google::protobuf::Descriptor* request = nullptr;
  const google::protobuf::Descriptor* response = nullptr;
};

/// A codec for application/grpc whose payloads are JSON documents here and protobuf messages, of
/// types known only at run time, on the wire: the JSON is that of protobuf's own mapping. Other
/// payloads are protobuf messages as usual. `types` is shared with whoever sets them.
std::shared_ptr<const Codec> makeReflectedCodec(std::shared_ptr<const ReflectedTypes> types);

}  // namespace evmicro::tool
