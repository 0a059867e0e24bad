// Messages of google.protobuf that have a special form in protobuf's JSON mapping: a Timestamp is a
// string, a Struct the object it represents. Go's encoding/json has no such forms and writes their
// fields. Both forms are accepted; an ambiguous text is read as Go's form. Members that belong to
// neither form are refused: if they were skipped, a whole Struct could be lost.

#include <algorithm>
#include <memory>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "json/message_reader.h"
#include "json/scalar.h"
#include "json/text.h"
#include "json/time_text.h"

namespace evmicro::detail {

namespace {

using google::protobuf::Descriptor;

// An Any is scanned for its type before it is read: this limits the nesting.
constexpr int kDeepestAny = 16;

// Numbers of the fields of google.protobuf.Value.
enum ValueField { kNull = 1, kNumber = 2, kString = 3, kBool = 4, kStruct = 5, kList = 6 };

Slot slotOf(google::protobuf::Message& message, int number) {
  return {message, *message.GetDescriptor()->FindFieldByNumber(number)};
}

// A member that identifies Go's form of a Value, and the first character of its value.
struct GoValueMember {
  std::string_view field;   // in the .proto
  std::string_view goName;  // as Go writes it, in an object called Kind
  std::string_view starts;
};
constexpr GoValueMember kGoValueMembers[] = {
    {"\"null_value\"", "\"NullValue\"", "0n"},
    {"\"number_value\"", "\"NumberValue\"", "-0123456789"},
    {"\"string_value\"", "\"StringValue\"", "\""},
    {"\"bool_value\"", "\"BoolValue\"", "tf"},
    {"\"struct_value\"", "\"StructValue\"", "{"},
    {"\"list_value\"", "\"ListValue\"", "{["},
};

// `ahead` is at the value of the member `key`. An object with more than one value is not Go's form
// of a Value.
bool isGoValueMember(JsonScanner& ahead, std::string_view key,
                     std::string_view GoValueMember::*name) {
  for (const GoValueMember& member : kGoValueMembers) {
    const char first = ahead.peek();
    if (key != member.*name || member.starts.find(first) == std::string_view::npos) continue;
    if (first == '{' || first == '[') return true;
    ahead.value();
    return ahead.peek() == '}';
  }
  return false;
}

bool isGoValue(JsonScanner ahead) {
  const std::string_view key = ahead.firstKey();
  if (key != "\"Kind\"") return isGoValueMember(ahead, key, &GoValueMember::field);
  return isGoValueMember(ahead, ahead.firstKey(), &GoValueMember::goName);
}

bool isGoStruct(JsonScanner ahead) {
  return ahead.firstKey() == "\"fields\"" && !ahead.firstKey().empty() && isGoValue(ahead);
}

// The value of the first member named @type that is a string.
bool findTypeUrl(JsonScanner ahead, std::string& url) {
  bool found = false;
  ahead.object([&](std::string_view key) {
    const std::string_view value = ahead.value();
    if (!ahead.ok() || key != "\"@type\"" || value[0] != '"') return;
    std::string scratch;
    url = std::string(decodeJsonString(value, scratch));
    found = true;
    ahead.stop();
  });
  return found;
}

// Paths of a FieldMask in JSON have camelCase names.
std::string snakeCasePath(std::string_view path) {
  std::string result;
  for (const char c : path) {
    const bool isUpper = c >= 'A' && c <= 'Z';
    if (isUpper) result += '_';
    result += isUpper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

}  // namespace

void MessageReader::readWellKnown(Message& message, const JsonPath& at) {
  switch (message.GetDescriptor()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_VALUE: return readDynamicValue(message, at);
    case Descriptor::WELLKNOWNTYPE_STRUCT: return readStruct(message, at);
    case Descriptor::WELLKNOWNTYPE_ANY: return readAny(message, at);
    default: break;
  }
  switch (scanner_.peek()) {
    case '{': readObject(message, *message.GetDescriptor(), at, Unknown::kRefuse); return;
    case 'n': scanner_.value(); return;
    default: break;
  }
  switch (message.GetDescriptor()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
    case Descriptor::WELLKNOWNTYPE_DURATION: return readTime(message, at);
    case Descriptor::WELLKNOWNTYPE_FIELDMASK: return readFieldMask(message, at);
    case Descriptor::WELLKNOWNTYPE_LISTVALUE: return readArray(slotOf(message, 1), at);
    default: return readValue(slotOf(message, 1), at);  // a wrapper
  }
}

void MessageReader::readTime(Message& message, const JsonPath& at) {
  const bool isTimestamp =
      message.GetDescriptor()->well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP;
  const char* const expected = isTimestamp ? "a time such as \"2006-01-02T15:04:05Z\""
                                           : "a duration in seconds such as \"1.5s\"";
  if (scanner_.peek() != '"') return refuseValue(at, expected);
  const std::string_view token = scanner_.value();
  if (!scanner_.ok()) return;
  std::string scratch;
  const std::string_view text = decodeJsonString(token, scratch);
  TimeParts parts;
  if (!(isTimestamp ? parseTimestamp(text, parts) : parseDuration(text, parts))) {
    return refuse(at, unexpectedJson(expected, token));
  }
  if (parts.seconds != 0) slotOf(message, 1).set(parts.seconds);
  if (parts.nanos != 0) slotOf(message, 2).set(parts.nanos);
}

void MessageReader::readFieldMask(Message& message, const JsonPath& at) {
  if (scanner_.peek() != '"') return refuseValue(at, "a string of comma-separated paths");
  const std::string_view token = scanner_.value();
  if (!scanner_.ok()) return;
  std::string scratch;
  std::string_view paths = decodeJsonString(token, scratch);
  Slot slot = slotOf(message, 1);
  while (!paths.empty() && scanner_.ok()) {
    const std::size_t end = std::min(paths.find(','), paths.size());
    if (end > 0) {
      countObject(kStringWeight, at);
      slot.set(snakeCasePath(paths.substr(0, end)));
    }
    paths.remove_prefix(std::min(end + 1, paths.size()));
  }
}

void MessageReader::readStruct(Message& message, const JsonPath& at) {
  switch (scanner_.peek()) {
    case '{': break;
    case 'n': scanner_.value(); return;
    default: return refuseValue(at, "an object");
  }
  if (isGoStruct(scanner_))
    return readObject(message, *message.GetDescriptor(), at, Unknown::kRefuse);
  readMap(slotOf(message, 1), at);
}

void MessageReader::readDynamicValue(Message& message, const JsonPath& at) {
  switch (scanner_.peek()) {
    case '{':
      if (isGoValue(scanner_))
        return readObject(message, *message.GetDescriptor(), at, Unknown::kRefuse);
      return readStruct(slotOf(message, kStruct).message(), at);
    case '[': return readArray(slotOf(slotOf(message, kList).message(), 1), at);
    case '"': return readValue(slotOf(message, kString), at);
    case 't':
    case 'f': return readValue(slotOf(message, kBool), at);
    case 'n': return readValue(slotOf(message, kNull), at);
    default: return readValue(slotOf(message, kNumber), at);
  }
}

void MessageReader::readAny(Message& message, const JsonPath& at) {
  switch (scanner_.peek()) {
    case '{': break;
    case 'n': scanner_.value(); return;
    default: return refuseValue(at, "an object");
  }
  std::string url;
  if (anyDepth_ == kDeepestAny) return refuse(at, "more than 16 Any messages within each other");
  if (!findTypeUrl(scanner_, url))
    return readObject(message, *message.GetDescriptor(), at, Unknown::kRefuse);
  const std::string name = url.substr(url.rfind('/') + 1);  // all of it without a slash
  const Descriptor* type = message.GetDescriptor()->file()->pool()->FindMessageTypeByName(name);
  const Message* prototype =
      type ? message.GetReflection()->GetMessageFactory()->GetPrototype(type) : nullptr;
  if (!prototype) {
    return refuse(at.member("@type"), "unknown message type " + quoteForError(name));
  }
  const std::unique_ptr<Message> content(prototype->New());
  ++anyDepth_;
  readAnyContent(*content, at);
  --anyDepth_;
  if (!scanner_.ok()) return;
  slotOf(message, 1).set(url);
  slotOf(message, 2).set(content->SerializePartialAsString());
}

// The members other than @type: those of the message itself or, if it has a special form, `value`.
void MessageReader::readAnyContent(Message& content, const JsonPath& at) {
  if (content.GetDescriptor()->well_known_type() == Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
    return readObject(content, *content.GetDescriptor(), at,
                      Unknown::kSkip);  // @type is not one of its members
  }
  scanner_.object([&](std::string_view key) {
    if (key == "\"value\"") return readMessage(content, at.member("value"));
    if (key == "\"@type\"") return static_cast<void>(scanner_.value());
    std::string scratch;
    if (scanner_.ok()) {
      refuse(at.member(decodeJsonString(key, scratch)), "unknown in google.protobuf.Any");
    }
  });
}

}  // namespace evmicro::detail
