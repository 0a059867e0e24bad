#pragma once

#include <cstddef>
#include <forward_list>
#include <string>

#include <evmicro/metadata.h>

#include "http2/fields.h"

namespace evmicro::detail {

/// Adds metadata to the fields of a message, with names in lower case. What belongs to a connection
/// of HTTP/1.1, has another form in gRPC or may not be sent in HTTP/2 is left out; values are
/// cleaned as by every transport, see appendHeaderValue().
class MetadataFields {
 public:
  /// kGrpc: the content type and names that begin with `Grpc-` have another form, but for what
  /// gRPC itself leaves to programs (`Grpc-Status-Details-Bin`).
  enum class Of { kMessage, kGrpc };

  /// Must live until `fields` has been submitted.
  MetadataFields(Http2Fields& fields, Of of) : fields_(fields), of_(of) {}
  MetadataFields(const MetadataFields&) = delete;
  MetadataFields& operator=(const MetadataFields&) = delete;

  void add(const Metadata& metadata);
  /// What `metadata` adds to the size of the list.
  static std::size_t sizeOf(const Metadata& metadata, Of of);

 private:
  Http2Fields& fields_;
  const Of of_;
  std::forward_list<std::string> texts_;
};

}  // namespace evmicro::detail
