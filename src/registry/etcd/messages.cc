#include "registry/etcd/messages.h"

#include <algorithm>
#include <charconv>

#include "json/base64.h"
#include "json/writer.h"

namespace evmicro::detail {

namespace {

std::string withoutSlashes(std::string_view text) {
  std::string result(text);
  std::replace(result.begin(), result.end(), '/', '-');
  return result;
}

// The first key after all that begin with `prefix`, which never ends in 0xFF.
std::string endOf(std::string_view prefix) {
  std::string end(prefix);
  ++end.back();
  return end;
}

void writeBytes(JsonWriter& out, std::string_view name, std::string_view bytes) {
  out.key(name);
  out.base64(bytes);
}

// protobuf's JSON has 64-bit integers as strings.
void writeInteger(JsonWriter& out, std::string_view name, std::int64_t value) {
  out.member(name, std::to_string(value));
}

void writeRange(JsonWriter& out, std::string_view prefix) {
  writeBytes(out, "key", prefix);
  writeBytes(out, "range_end", endOf(prefix));
}

// An object whose members `write` writes.
template <typename Write>
std::string bodyOf(Write write) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.beginObject();
  write(out);
  out.endObject();
  return out.take();
}

Status wrong(const std::string& field, const char* expected) {
  return Status::invalid(field + ": expected " + expected);
}

// A string of digits, or a number from other gateways than etcd's. Missing: 0.
Result<std::int64_t> integerAt(const json_t* object, const char* key) {
  const json_t* const value = json_object_get(object, key);
  if (!value) return std::int64_t{0};
  if (json_is_integer(value)) return std::int64_t{json_integer_value(value)};
  const std::string text = json_is_string(value) ? jsonText(value) : std::string();
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || stop != end || error != std::errc()) return wrong(key, "an integer");
  return number;
}

Result<std::string> bytesAt(const json_t* object, const char* key) {
  const json_t* const value = json_object_get(object, key);
  if (!value) return std::string();
  std::string bytes;
  if (json_is_string(value) && decodeBase64(jsonText(value), bytes)) return bytes;
  return wrong(key, "base64");
}

Result<EtcdEntry> readEntry(const json_t* kv) {
  if (!json_is_object(kv)) return wrong("kv", "an object");
  Result<std::string> key = bytesAt(kv, "key");
  if (!key.ok()) return std::move(key).status();
  Result<std::string> value = bytesAt(kv, "value");
  if (!value.ok()) return std::move(value).status();
  const Result<std::int64_t> revision = integerAt(kv, "mod_revision");
  if (!revision.ok()) return revision.status();
  return EtcdEntry{std::move(*key), std::move(*value), *revision};
}

Result<EtcdChange> readChange(const json_t* event) {
  Result<EtcdEntry> entry = readEntry(json_object_get(event, "kv"));
  if (!entry.ok()) return std::move(entry).status();
  const bool deleted = textAt(event, "type") == "DELETE";
  return EtcdChange{deleted ? EtcdChange::What::kDelete : EtcdChange::What::kPut,
                    std::move(*entry)};
}

}  // namespace

std::string etcdPrefix(std::string_view service) {
  return std::string(kEtcdPrefix) + withoutSlashes(service) + "/";
}

std::string etcdKey(std::string_view service, std::string_view node) {
  return etcdPrefix(service) + withoutSlashes(node);
}

std::string grantBody(std::chrono::milliseconds ttl) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(ttl).count();
  return bodyOf([&](JsonWriter& out) { writeInteger(out, "TTL", seconds); });
}

std::string keepAliveBody(std::int64_t lease) {
  return bodyOf([&](JsonWriter& out) { writeInteger(out, "ID", lease); });
}

std::string writeBody(std::string_view key, std::string_view value, std::int64_t lease) {
  return bodyOf([&](JsonWriter& out) {
    out.key("compare");
    out.beginArray();
    out.beginObject();
    out.member("target", "VALUE");
    writeBytes(out, "key", key);
    writeBytes(out, "value", value);
    out.endObject();
    out.beginObject();
    out.member("target", "LEASE");
    writeBytes(out, "key", key);
    writeInteger(out, "lease", lease);
    out.endObject();
    out.endArray();
    out.key("failure");
    out.beginArray();
    out.beginObject();
    out.key("request_put");
    out.beginObject();
    writeBytes(out, "key", key);
    writeBytes(out, "value", value);
    writeInteger(out, "lease", lease);
    out.endObject();
    out.endObject();
    out.endArray();
  });
}

std::string deleteBody(std::string_view key) {
  return bodyOf([&](JsonWriter& out) { writeBytes(out, "key", key); });
}

std::string rangeBody(std::string_view prefix) {
  return bodyOf([&](JsonWriter& out) { writeRange(out, prefix); });
}

std::string countBody(std::string_view prefix) {
  return bodyOf([&](JsonWriter& out) {
    writeRange(out, prefix);
    out.member("count_only", true);
  });
}

std::string authenticateBody(std::string_view user, std::string_view password) {
  return bodyOf([&](JsonWriter& out) {
    out.member("name", user);
    out.member("password", password);
  });
}

std::string watchBody(std::string_view prefix, std::int64_t from) {
  return bodyOf([&](JsonWriter& out) {
    out.key("create_request");
    out.beginObject();
    writeRange(out, prefix);
    writeInteger(out, "start_revision", from);
    out.endObject();
  });
}

Result<std::int64_t> readGrant(const json_t* reply) {
  Result<std::int64_t> lease = integerAt(reply, "ID");
  if (lease.ok() && *lease == 0) return wrong("ID", "a lease");
  return lease;
}

Result<std::int64_t> readKeepAlive(const json_t* reply) {
  const json_t* const result = json_object_get(reply, "result");
  if (!json_is_object(result)) return wrong("result", "an object");
  return integerAt(result, "TTL");
}

Result<bool> readWrite(const json_t* reply) {
  if (!json_is_object(json_object_get(reply, "header"))) return wrong("header", "an object");
  return !json_is_true(json_object_get(reply, "succeeded"));
}

Result<EtcdRange> readRange(const json_t* reply) {
  EtcdRange range;
  const Result<std::int64_t> revision = integerAt(json_object_get(reply, "header"), "revision");
  if (!revision.ok()) return revision.status();
  if (*revision == 0) return wrong("header.revision", "the store's revision");
  range.revision = *revision;
  const json_t* const entries = json_object_get(reply, "kvs");
  if (entries && !json_is_array(entries)) return wrong("kvs", "an array");
  for (std::size_t i = 0; i < json_array_size(entries); ++i) {
    Result<EtcdEntry> entry = readEntry(json_array_get(entries, i));
    if (!entry.ok()) return std::move(entry).status();
    range.entries.push_back(std::move(*entry));
  }
  return range;
}

Result<std::string> readToken(const json_t* reply) {
  std::string token = textAt(reply, "token");
  if (token.empty()) return wrong("token", "a string");
  return token;
}

Result<EtcdWatchMessage> readWatchMessage(std::string_view line) {
  const Result<Json> json = readJson(line);
  if (!json.ok()) return json.status();
  const json_t* const result = json_object_get(json->get(), "result");
  if (!json_is_object(result)) {
    const std::string why = etcdError(std::string(line));
    return why.empty() ? wrong("result", "an object") : Status::invalid(why);
  }
  EtcdWatchMessage message;
  message.canceled = json_is_true(json_object_get(result, "canceled"));
  const json_t* const events = json_object_get(result, "events");
  if (events && !json_is_array(events)) return wrong("events", "an array");
  for (std::size_t i = 0; i < json_array_size(events); ++i) {
    Result<EtcdChange> change = readChange(json_array_get(events, i));
    if (!change.ok()) return std::move(change).status();
    message.changes.push_back(std::move(*change));
  }
  return message;
}

// `{"error":"text"}` as an answer, `{"error":{"message":"text"}}` within a stream.
std::string etcdError(const std::string& body) {
  const Result<Json> json = readJson(body);
  if (!json.ok()) return {};
  const json_t* const error = json_object_get(json->get(), "error");
  return json_is_string(error) ? jsonText(error) : textAt(error, "message");
}

}  // namespace evmicro::detail
