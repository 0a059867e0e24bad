#include "gateway/reply_part.h"

#include <utility>

#include "gateway/scalar_type.h"
#include "json/field_names.h"
#include "json/scanner.h"
#include "json/text.h"
#include "registry/described_field.h"

namespace evmicro::gateway {

namespace {

std::string defaultOf(const Value* description) {
  if (!description) return "null";
  if (detail::isList(*description)) return "[]";
  const ScalarType* const scalar = scalarType(description->type);
  return scalar ? scalar->byDefault : "null";
}

}  // namespace

ReplyPart::ReplyPart(std::string field, const Endpoint* endpoint) : field_(std::move(field)) {
  const bool described = endpoint && endpoint->response;
  absent_ =
      defaultOf(described ? detail::describedField(endpoint->response->values, field_) : nullptr);
}

std::string_view ReplyPart::of(std::string_view json) const {
  if (field_.empty()) return json;
  std::string_view part = absent_;
  std::string scratch;
  detail::JsonScanner scanner(json);
  scanner.object([&](std::string_view token) {
    const bool same = detail::sameWords(detail::decodeJsonString(token, scratch), field_);
    const std::string_view value = scanner.value();
    if (same && scanner.ok()) part = value;
  });
  return part;
}

}  // namespace evmicro::gateway
