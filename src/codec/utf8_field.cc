#include "codec/utf8_field.h"

#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "base/utf8.h"

namespace evmicro::detail {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Checks one value of a field: the one at `at` if it is repeated.
std::string findInValue(const Message& message, const FieldDescriptor& field, int at) {
  const auto& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
    const std::string inner =
        findBadUtf8(repeated ? reflection.GetRepeatedMessage(message, &field, at)
                             : reflection.GetMessage(message, &field));
    return inner.empty() ? inner : "." + inner;
  }
  std::string scratch;
  const std::string& text =
      repeated ? reflection.GetRepeatedStringReference(message, &field, at, &scratch)
               : reflection.GetStringReference(message, &field, &scratch);
  return isUtf8(text) ? std::string() : " ";
}

}  // namespace

std::string findBadUtf8(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->type() != FieldDescriptor::TYPE_MESSAGE &&
        field->type() != FieldDescriptor::TYPE_STRING) {
      continue;
    }
    const bool repeated = field->is_repeated();
    const int count = repeated ? message.GetReflection()->FieldSize(message, field) : 1;
    for (int at = 0; at < count; ++at) {
      const std::string found = findInValue(message, *field, at);
      if (found.empty()) continue;
      const std::string place = repeated ? "[" + std::to_string(at) + "]" : "";
      return field->name() + place + (found == " " ? "" : found);
    }
  }
  return {};
}

}  // namespace evmicro::detail
