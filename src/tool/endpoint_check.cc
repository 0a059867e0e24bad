#include "tool/endpoint_check.h"

#include <algorithm>
#include <string_view>

#include "json/field_names.h"
#include "json/scanner.h"
#include "json/text.h"
#include "registry/described_field.h"
#include "service/suggestion.h"

namespace evmicro::tool {

namespace {

using detail::JsonScanner;
using detail::ValueShape;

// Messages with a special form in JSON.
bool hasFormOfItsOwn(std::string_view type) {
  constexpr std::string_view kTypes[] = {"Any", "Struct", "Value", "ListValue"};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

// A map or a oneof: the registry does not describe its type or the names in it.
bool isUndescribed(const Value& field) { return field.type.empty(); }

// What is looked into: in a list, its elements.
ValueShape shapeOf(const Value& field) {
  return detail::isList(field) ? detail::elementOf(field) : ValueShape{field.type, field.values};
}

class FieldCheck {
 public:
  explicit FieldCheck(std::string_view json) : scanner_(json) {}

  void checkValue(const ValueShape& shape, const std::string& place) {
    switch (scanner_.peek()) {
      case '{': return checkObject(shape, place);
      case '[': scanner_.array([&] { checkValue(shape, place); }); return;
      default: scanner_.value();
    }
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  void checkObject(const ValueShape& shape, const std::string& place) {
    const bool known = !shape.fields.empty() && !hasFormOfItsOwn(shape.type) &&
                       std::none_of(shape.fields.begin(), shape.fields.end(), isUndescribed);
    std::string scratch;
    scanner_.object([&](std::string_view token) {
      const std::string key(detail::decodeJsonString(token, scratch));
      const Value* const field = known ? detail::describedField(shape.fields, key) : nullptr;
      if (known && !field) note(shape, place, key);
      if (field) return checkValue(shapeOf(*field), place + key + ".");
      scanner_.value();
    });
  }

  void note(const ValueShape& shape, const std::string& place, const std::string& key) {
    std::vector<std::string> names;
    for (const Value& field : shape.fields) names.push_back(detail::snakeCase(field.name));
    problems_.push_back("no field \"" + place + key + "\"" + detail::didYouMean(key, names, place));
  }

  JsonScanner scanner_;
  std::vector<std::string> problems_;
};

}  // namespace

// go-micro registers stream=false for all methods; a stream is recognised by its types.
std::vector<std::string> unknownFields(const Endpoint& endpoint, const JsonDocument& request) {
  if (!endpoint.request) return {};
  FieldCheck check(request.text);
  check.checkValue(shapeOf(*endpoint.request), "");
  return check.take();
}

}  // namespace evmicro::tool
