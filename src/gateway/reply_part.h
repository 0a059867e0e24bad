#pragma once

#include <string>
#include <string_view>

#include <evmicro/registry.h>

namespace evmicro::gateway {

/// What of a reply is sent to the client: all of it, or one field (`response_body` of
/// google.api.http).
class ReplyPart {
 public:
  ReplyPart() = default;
  /// `field`: empty: all. `endpoint`, which may be null, says what the field is.
  ReplyPart(std::string field, const Endpoint* endpoint);

  /// A view of `json`, which has been checked; or of this object if it has no such field: then it
  /// is the value that the field has by default, or null if that is not known.
  std::string_view of(std::string_view json) const;

 private:
  std::string field_;
  std::string absent_;
};

}  // namespace evmicro::gateway
