#include "tool/endpoint_check.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "json/scanner.h"
#include "json/text.h"
#include "service/suggestion.h"
#include "tool/service_text.h"

namespace evmicro::tool {

namespace {

using detail::JsonScanner;

// Messages with a special form in JSON.
bool hasFormOfItsOwn(const std::string& type) {
  constexpr std::string_view kTypes[] = {"Any", "Struct", "Value", "ListValue"};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

// A map or a oneof: the registry does not describe its type or the names in it.
bool isUndescribed(const Value& field) { return field.type.empty(); }

// The form in which names are compared: without case and without the underscores that Go drops.
std::string folded(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c != '_') text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

// The type of a list's elements, or the value itself.
const Value& elementOf(const Value& field) {
  const bool isList = field.type.rfind("[]", 0) == 0;
  return isList && !field.values.empty() ? field.values.front() : field;
}

class FieldCheck {
 public:
  explicit FieldCheck(std::string_view json) : scanner_(json) {}

  void checkValue(const Value& type, const std::string& place) {
    switch (scanner_.peek()) {
      case '{': return checkObject(type, place);
      case '[': scanner_.array([&] { checkValue(elementOf(type), place); }); return;
      default: scanner_.value();
    }
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  void checkObject(const Value& type, const std::string& place) {
    const bool known = !type.values.empty() && !hasFormOfItsOwn(type.type) &&
                       std::none_of(type.values.begin(), type.values.end(), isUndescribed);
    std::string scratch;
    scanner_.object([&](std::string_view token) {
      const std::string key(detail::decodeJsonString(token, scratch));
      const auto field =
          std::find_if(type.values.begin(), type.values.end(),
                       [&](const Value& each) { return folded(each.name) == folded(key); });
      if (known && field == type.values.end()) note(type, place, key);
      if (known && field != type.values.end()) return checkValue(*field, place + key + ".");
      scanner_.value();
    });
  }

  void note(const Value& type, const std::string& place, const std::string& key) {
    std::vector<std::string> names;
    for (const Value& field : type.values) names.push_back(snakeCase(field.name));
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
  check.checkValue(*endpoint.request, "");
  return check.take();
}

}  // namespace evmicro::tool
