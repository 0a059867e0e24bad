#include "gateway/api_message.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/utf8.h"
#include "gateway/errors.h"
#include "gateway/media_type.h"

namespace evmicro::gateway {

namespace {

// Adds values to entries, whose names are found at once however many there are.
class EntryWriter {
 public:
  explicit EntryWriter(google::protobuf::RepeatedPtrField<wire::Entry>& entries)
      : entries_(entries) {}

  void add(const std::string& name, const std::string& value) {
    wire::Entry*& entry = byName_[name];
    if (!entry) {
      entry = entries_.Add();
      entry->set_key(name);
      entry->mutable_value()->set_key(name);
    }
    entry->mutable_value()->add_values(value);
  }
  void add(const WebFields& fields) {
    for (const auto& [name, value] : fields) add(name, value);
  }

 private:
  google::protobuf::RepeatedPtrField<wire::Entry>& entries_;
  std::unordered_map<std::string, wire::Entry*> byName_;
};

// The strings of a message are UTF-8; readers refuse the whole message otherwise. Browsers send
// cookies, for example, in the encoding that they were set in; as HTTP/1.1 did, other bytes are
// taken for ISO 8859-1.
std::string asText(const std::string& value) {
  if (detail::isUtf8(value)) return value;
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return text;
}

bool isForm(const WebRequest& request) {
  const bool posts =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  return posts && mediaTypeOf(request) == "application/x-www-form-urlencoded";
}

Status malformed(const char* what) {
  return Status::error(500, "go.micro.api",
                       std::string("Error parsing form: malformed percent-encoding in the ") +
                           what + ", or too many parameters");
}

Status notText(const std::string& what) {
  return Status::error(400, "go.micro.api", what + " is not valid UTF-8");
}

// A sender can mend its parameters, unlike headers, which a browser adds by itself.
Status checkText(const char* where, const WebFields& fields) {
  for (const auto& [name, value] : fields) {
    if (!detail::isUtf8(name))
      return notText(std::string("the name of a parameter in the ") + where);
    if (!detail::isUtf8(value)) return notText("parameter \"" + name + "\" in the " + where);
  }
  return {};
}

}  // namespace

Result<wire::Request> apiRequest(const WebRequest& request) {
  if (!detail::isUtf8(request.path)) return notText("the path");
  wire::Request message;
  message.set_method(request.method);
  message.set_path(request.path);
  EntryWriter headers(*message.mutable_header());
  std::string passed;
  for (const auto& [name, value] : request.headers) {
    if (name == "X-Forwarded-For") {
      passed += value + ", ";
    } else {
      headers.add(name, asText(value));
    }
  }
  const std::string peer = request.peerAddress.substr(0, request.peerAddress.rfind(':'));
  headers.add("X-Forwarded-For", asText(passed) + peer);
  const std::optional<WebFields> query = parseForm(request.query);
  if (!query) return malformed("query");
  if (Status bad = checkText("query", *query); !bad.ok()) return bad;
  EntryWriter(*message.mutable_get()).add(*query);
  if (!isForm(request)) {
    message.set_body(request.body);
    return message;
  }
  const std::optional<WebFields> form = parseForm(request.body);
  if (!form) return malformed("body");
  if (Status bad = checkText("body", *form); !bad.ok()) return bad;
  EntryWriter(*message.mutable_post()).add(*form);
  return message;
}

void answer(WebReply& reply, const wire::Response& response, const std::string& requestId) {
  WebFields headers;
  bool typed = false;
  bool named = false;
  for (const wire::Entry& entry : response.header()) {
    const std::string name = canonicalHeaderName(entry.key());
    typed = typed || name == "Content-Type";
    named = named || name == "X-Request-Id";
    for (const std::string& value : entry.value().values()) {
      headers.emplace_back(entry.key(), value);
    }
  }
  if (!typed) headers.emplace_back("Content-Type", kJson);
  if (!named) headers.emplace_back("X-Request-Id", requestId);
  reply.send(response.status_code() == 0 ? 200 : response.status_code(), headers, response.body());
}

}  // namespace evmicro::gateway
