#include "gateway/rpc_request.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/media_type.h"
#include "json/scanner.h"
#include "json/text.h"

namespace evmicro::gateway {

namespace {

using detail::JsonScanner;

constexpr char kId[] = "go.micro.rpc";

Status wrong(std::string detail) { return Status::error(400, kId, std::move(detail)); }

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

// As micro compares it: to the letter.
std::string_view typeAsWritten(const WebRequest& request) {
  const std::string_view type = findField(request.headers, "Content-Type").value_or("");
  return type.substr(0, type.find(';'));
}

bool isString(std::string_view value) { return !value.empty() && value.front() == '"'; }

std::string decoded(std::string_view token) {
  std::string scratch;
  return std::string(detail::decodeJsonString(token, scratch));
}

// JSON within a string.
Status readDocument(const std::string& text, JsonDocument& document) {
  JsonScanner scanner(text);
  if (scanner.peek() == '\0') return wrong("error decoding request string: unexpected end of JSON");
  const std::string_view value = scanner.value();
  if (!scanner.ok() || !scanner.atEnd()) {
    return wrong("error decoding request string: " + scanner.problem());
  }
  document.text = value;
  return {};
}

Status readMember(const std::string& key, std::string_view value, RpcRequest& rpc) {
  std::string* const text = key == "service"   ? &rpc.service
                            : key == "method"  ? &rpc.method
                            : key == "address" ? &rpc.address
                                               : nullptr;
  if (text) {
    if (value != "null" && !isString(value)) return wrong(key + ": expected a string");
    *text = isString(value) ? decoded(value) : std::string();
  } else if (key == "request") {
    if (isString(value)) return readDocument(decoded(value), rpc.request);
    rpc.request.text = value;
  }
  return {};
}

Status readObject(const std::string& body, RpcRequest& rpc) {
  rpc.request.text = "null";
  JsonScanner scanner(body);
  if (scanner.peek() != '{') return wrong("the body is not a JSON object");
  Status status;
  scanner.object([&](std::string_view key) {
    const std::string_view value = scanner.value();
    if (!scanner.ok()) return;
    status = readMember(lowered(decoded(key)), value, rpc);
    if (!status.ok()) scanner.stop();
  });
  if (!status.ok()) return status;
  return scanner.ok() ? Status() : wrong(scanner.problem());
}

Status readForm(const WebRequest& request, RpcRequest& rpc) {
  const bool inBody = mediaTypeOf(request) == "application/x-www-form-urlencoded";
  std::optional<WebFields> fields = parseForm(request.query);
  std::optional<WebFields> posted = inBody ? parseForm(request.body) : WebFields();
  if (!fields || !posted)
    return wrong("malformed percent-encoding in the form, or too many parameters");
  posted->insert(posted->end(), fields->begin(), fields->end());  // the body takes precedence
  const auto field = [&posted](std::string_view name) {
    return std::string(findField(*posted, name).value_or(""));
  };
  rpc.service = field("service");
  rpc.method = field("method");
  rpc.address = field("address");
  const std::string text = field("request");
  return text.empty() ? wrong("error decoding request string: EOF")
                      : readDocument(text, rpc.request);
}

}  // namespace

Result<RpcRequest> readRpcRequest(const WebRequest& request) {
  RpcRequest rpc;
  Status status = typeAsWritten(request) == "application/json" ? readObject(request.body, rpc)
                                                               : readForm(request, rpc);
  if (status.ok() && rpc.service.empty()) status = wrong("invalid service");
  if (status.ok() && rpc.method.empty()) status = wrong("invalid method");
  if (!status.ok()) return status;
  return rpc;
}

}  // namespace evmicro::gateway
