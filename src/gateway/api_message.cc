#include "gateway/api_message.h"

#include <optional>
#include <string>
#include <string_view>

#include "gateway/errors.h"

namespace evmicro::gateway {

namespace {

using Entries = google::protobuf::RepeatedPtrField<wire::Entry>;

void add(Entries& entries, const std::string& name, const std::string& value) {
  for (wire::Entry& entry : entries) {
    if (entry.key() == name) return entry.mutable_value()->add_values(value);
  }
  wire::Entry& entry = *entries.Add();
  entry.set_key(name);
  entry.mutable_value()->set_key(name);
  entry.mutable_value()->add_values(value);
}

bool isForm(const WebRequest& request) {
  const std::string_view type = findField(request.headers, "Content-Type").value_or("");
  const bool posts =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  return posts && type.substr(0, type.find(';')) == "application/x-www-form-urlencoded";
}

Status malformed(const char* what) {
  return Status::error(
      500, "go.micro.api",
      std::string("Error parsing form: malformed percent-encoding in the ") + what);
}

}  // namespace

Result<wire::Request> apiRequest(const WebRequest& request) {
  wire::Request message;
  message.set_method(request.method);
  message.set_path(request.path);
  std::string passed;
  for (const auto& [name, value] : request.headers) {
    if (name == "X-Forwarded-For") {
      passed += value + ", ";
    } else {
      add(*message.mutable_header(), name, value);
    }
  }
  const std::string peer = request.peerAddress.substr(0, request.peerAddress.rfind(':'));
  add(*message.mutable_header(), "X-Forwarded-For", passed + peer);
  const std::optional<WebFields> query = parseForm(request.query);
  if (!query) return malformed("query");
  for (const auto& [name, value] : *query) add(*message.mutable_get(), name, value);
  if (!isForm(request)) {
    message.set_body(request.body);
    return message;
  }
  const std::optional<WebFields> form = parseForm(request.body);
  if (!form) return malformed("body");
  for (const auto& [name, value] : *form) add(*message.mutable_post(), name, value);
  return message;
}

void answer(WebReply& reply, const wire::Response& response, const std::string& requestId) {
  WebFields headers;
  bool typed = false;
  for (const wire::Entry& entry : response.header()) {
    typed = typed || canonicalHeaderName(entry.key()) == "Content-Type";
    for (const std::string& value : entry.value().values()) {
      headers.emplace_back(entry.key(), value);
    }
  }
  if (!typed) headers.emplace_back("Content-Type", kJson);
  headers.emplace_back("X-Request-Id", requestId);
  reply.send(response.status_code() == 0 ? 200 : response.status_code(), headers, response.body());
}

}  // namespace evmicro::gateway
