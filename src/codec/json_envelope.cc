#include "codec/json_envelope.h"

#include "json/scanner.h"
#include "json/value.h"

namespace evmicro::detail {

namespace {

Status refuse(std::string detail) { return Status::invalid("json-rpc: " + std::move(detail)); }

// `token` is a string with its quotes. Most need no decoding.
Status textOf(std::string_view token, std::string& out) {
  const auto isPlain = [](char c) { return c != '\\' && static_cast<unsigned char>(c) < 0x80; };
  for (const char c : token) {
    if (!isPlain(c)) return decodeJsonString(token, out);
  }
  out.assign(token.substr(1, token.size() - 2));
  return {};
}

// A key in lower case, without its quotes. One that cannot be decoded is one we do not know.
std::string_view normalise(std::string_view token, std::string& scratch) {
  constexpr std::size_t kLongestKnown = 6 * sizeof "method";  // each letter may be \u0061
  if (token.size() > 2 + kLongestKnown || !textOf(token, scratch).ok()) return {};
  for (char& c : scratch) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return scratch;
}

// "an object", "a string"... as said in error messages; from the first character of a value.
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

// Walks over the members of the object that `text` starts with.
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
  return textOf(value, envelope.method).withContext("json-rpc: method");
}

// What go-micro's own client makes of the error member.
void readError(std::string_view value, JsonEnvelope& envelope) {
  envelope.error.clear();
  if (value.empty() || value == "null") return;
  if (value[0] != '"' || !textOf(value, envelope.error).ok()) {
    envelope.error = "invalid error " + std::string(value);
  } else if (envelope.error.empty()) {
    envelope.error = "unspecified error";
  }
}

}  // namespace

Status readJsonRequest(std::string_view text, JsonEnvelope& envelope) {
  JsonScanner scanner(text);
  envelope.payloadProblem = "params: missing, expected an array with the request";
  return walk(text, scanner, [&](std::string_view key) {
    if (key == "params") {
      readParams(scanner, envelope);
      return Status();
    }
    const std::string_view value = scanner.value();
    if (key == "id") envelope.id = value;
    return key == "method" ? readMethod(value, envelope) : Status();
  });
}

Status readJsonReply(std::string_view text, JsonEnvelope& envelope) {
  JsonScanner scanner(text);
  return walk(text, scanner, [&](std::string_view key) {
    const std::string_view value = scanner.value();
    if (key == "id") envelope.id = value;
    if (key == "result") envelope.payload = value;
    if (key == "error") readError(value, envelope);
    return Status();
  });
}

}  // namespace evmicro::detail
