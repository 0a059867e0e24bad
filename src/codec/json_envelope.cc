#include "codec/json_envelope.h"

#include <algorithm>

#include "json/scanner.h"
#include "json/text.h"

namespace evmicro::detail {

namespace {

Status refuse(std::string detail) { return Status::invalid("json-rpc: " + std::move(detail)); }

// A key in lower case, without its quotes; empty if it is too long to be a known one.
std::string_view normalise(std::string_view token, std::string& scratch) {
  constexpr std::size_t kLongestKnown = 6 * sizeof "method";  // each letter may be \u0061
  if (token.size() < 2 || token.size() > 2 + kLongestKnown) return {};
  const std::string_view name = token.substr(1, token.size() - 2);
  if (std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
    return name;
  }
  std::string decoded;
  scratch = decodeJsonString(token, decoded);
  for (char& c : scratch) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return scratch;
}

// "an object", "a string"... for error messages, from the first character of a value.
const char* kindOf(std::string_view value) {
  switch (value.empty() ? '\0' : value[0]) {
    case '{': return "an object";
    case '[': return "an array";
    case '"': return "a string";
    case 't':
    case 'f': return "a boolean";
    case 'n': return "null";
    default: return "a number";
  }
}

// Iterates over the members of the object that `text` starts with.
template <typename OnMember>
Status walk(std::string_view text, JsonScanner& scanner, OnMember onMember) {
  if (text.empty()) return refuse("the body is empty");
  std::string scratch;
  Status status;
  scanner.object([&](std::string_view key) {
    Status member = onMember(normalise(key, scratch));
    if (status.ok()) status = std::move(member);
  });
  return scanner.ok() ? std::move(status) : refuse(scanner.problem());
}

void readParams(JsonScanner& scanner, JsonEnvelope& envelope) {
  envelope.payload = {};
  envelope.payloadProblem.clear();
  if (scanner.peek() != '[') {
    const std::string_view other = scanner.value();
    envelope.payloadProblem = std::string("params: expected an array, got ") + kindOf(other);
    return;
  }
  bool isFirst = true;
  scanner.array([&] {
    const std::string_view element = scanner.value();
    if (isFirst) envelope.payload = element;
    isFirst = false;
  });
}

Status readMethod(std::string_view value, JsonEnvelope& envelope) {
  envelope.method.clear();
  if (value.empty() || value == "null") return {};
  if (value[0] != '"')
    return refuse(std::string("method: expected a string, got ") + kindOf(value));
  std::string scratch;
  envelope.method = decodeJsonString(value, scratch);
  return {};
}

// Interprets the error member as go-micro's client does.
void readError(std::string_view value, JsonEnvelope& envelope) {
  envelope.error.clear();
  if (value.empty() || value == "null") return;
  if (value[0] != '"') {
    envelope.error = "invalid error " + std::string(value);
    return;
  }
  std::string scratch;
  envelope.error = decodeJsonString(value, scratch);
  if (envelope.error.empty()) envelope.error = "unspecified error";
}

}  // namespace

Status readJsonRequest(std::string_view text, JsonEnvelope& envelope) {
  JsonScanner scanner(text);
  bool hasParams = false;
  Status status = walk(text, scanner, [&](std::string_view key) {
    if (key == "params") {
      hasParams = true;
      readParams(scanner, envelope);
      return Status();
    }
    const std::string_view value = scanner.value();
    if (key == "id") envelope.id = value;
    return key == "method" ? readMethod(value, envelope) : Status();
  });
  if (!hasParams) envelope.payloadProblem = "params: missing, expected an array with the request";
  return status;
}

Status readJsonReply(std::string_view text, JsonEnvelope& envelope) {
  JsonScanner scanner(text);
  bool isReply = false;
  Status status = walk(text, scanner, [&](std::string_view key) {
    const std::string_view value = scanner.value();
    if (key == "id") envelope.id = value;
    if (key == "result") envelope.payload = value;
    if (key == "error") readError(value, envelope);
    isReply = isReply || key == "result" || key == "error";
    return Status();
  });
  if (status.ok() && !isReply) return refuse("there is neither a result nor an error");
  return status;
}

}  // namespace evmicro::detail
