#include "protoc/http_rules.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/unknown_field_set.h>

namespace evmicro::protoc {

namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// Numbers in google/api/annotations.proto and http.proto. The annotation is read as an unknown
// field, so that neither must be there when the plugin is built.
constexpr int kAnnotation = 72295728;
constexpr int kBody = 7;
constexpr int kCustom = 8;
constexpr int kAdditionalBindings = 11;
constexpr int kResponseBody = 12;

const char* verbOf(int field) {
  switch (field) {
    case 2: return "GET";
    case 3: return "PUT";
    case 4: return "POST";
    case 5: return "DELETE";
    case 6: return "PATCH";
    default: return nullptr;
  }
}

// Calls `use(number, bytes)` for each length-delimited field of a message.
template <typename Use>
void forEachField(const UnknownFieldSet& fields, Use use) {
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    if (field.type() == UnknownField::TYPE_LENGTH_DELIMITED) {
      use(field.number(), field.length_delimited());
    }
  }
}

template <typename Use>
void forEachField(const std::string& message, Use use) {
  UnknownFieldSet fields;
  if (fields.ParseFromString(message)) forEachField(fields, use);
}

enum class Nested { kAllowed, kIgnored };  // an additional binding has none itself

void addRule(const std::string& rule, Nested nested, std::string& all) {
  std::string verb;
  std::string path;
  std::string body;
  std::string reply;
  forEachField(rule, [&](int number, const std::string& value) {
    if (const char* const known = verbOf(number)) {
      verb = known;
      path = value;
    } else if (number == kBody) {
      body = value;
    } else if (number == kResponseBody) {
      reply = value;
    } else if (number == kCustom) {
      forEachField(value,
                   [&](int part, const std::string& text) { (part == 1 ? verb : path) = text; });
    }
  });
  if (!verb.empty() && !path.empty()) {
    all += (all.empty() ? "" : "; ") + verb + " " + path;
    if (body.empty() && !reply.empty()) body = "-";
    if (!body.empty()) all += " " + body;
    if (!reply.empty()) all += " " + reply;
  }
  if (nested == Nested::kIgnored) return;
  forEachField(rule, [&all](int number, const std::string& value) {
    if (number == kAdditionalBindings) addRule(value, Nested::kIgnored, all);
  });
}

}  // namespace

std::string httpRules(const google::protobuf::MethodOptions& options) {
  std::string all;
  forEachField(options.GetReflection()->GetUnknownFields(options),
               [&all](int number, const std::string& rule) {
                 if (number == kAnnotation) addRule(rule, Nested::kAllowed, all);
               });
  return all;
}

}  // namespace evmicro::protoc
