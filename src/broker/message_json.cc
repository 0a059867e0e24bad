#include "broker/message_json.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "base/ascii.h"
#include "json/base64.h"
#include "json/scanner.h"
#include "json/text.h"
#include "json/writer.h"

namespace evmicro::detail {

namespace {

Status unexpected(std::string_view place, std::string_view expected, std::string_view found) {
  return Status::invalid(std::string(place) + ": expected " + std::string(expected) + ", got " +
                         quoteForError(found));
}

// Reads one message. After the first error it only skips.
class MessageReader {
 public:
  explicit MessageReader(std::string_view text) : scanner_(text) {}

  Status read(TopicMessage& out) {
    if (scanner_.peek() != '{') return notAnObject();
    scanner_.object([&](std::string_view key) { readMember(key, out); });
    if (!scanner_.ok() || !scanner_.atEnd()) return Status::invalid(scanner_.problem());
    return std::move(problem_);
  }

 private:
  Status notAnObject() {
    const std::string_view value = scanner_.value();
    if (!scanner_.ok() || !scanner_.atEnd()) return Status::invalid(scanner_.problem());
    return unexpected("message", "an object", value);
  }

  void note(Status status) {
    if (problem_.ok()) problem_ = std::move(status);
  }

  void readMember(std::string_view key, TopicMessage& out) {
    if (!scanner_.ok()) return;
    std::string scratch;
    const std::string_view name = decodeJsonString(key, scratch);
    if (equalsIgnoringCase(name, "header")) {
      readHeader(out.message.header);
    } else if (equalsIgnoringCase(name, "body")) {
      readBody(out.message.body);
    } else {
      scanner_.value();
    }
  }

  void readHeader(std::map<std::string, std::string>& header) {
    if (scanner_.peek() == '{') {
      scanner_.object([&](std::string_view key) { readEntry(key, header); });
      return;
    }
    const std::string_view value = scanner_.value();
    if (value == "null") {
      header.clear();
    } else if (scanner_.ok()) {
      note(unexpected("Header", "an object of strings", value));
    }
  }

  void readEntry(std::string_view key, std::map<std::string, std::string>& header) {
    const std::string_view value = scanner_.value();
    if (!scanner_.ok()) return;
    std::string scratch;
    std::string name(decodeJsonString(key, scratch));
    std::string text;
    if (value.front() == '"') {
      text = decodeJsonString(value, scratch);
    } else if (value != "null") {
      note(unexpected("Header." + name, "a string", value));
    }
    header[std::move(name)] = std::move(text);
  }

  void readBody(std::string& body) {
    body.clear();
    if (scanner_.peek() == '[') {
      scanner_.array([&] { readByte(body); });
      return;
    }
    const std::string_view value = scanner_.value();
    if (!scanner_.ok() || value == "null") return;
    std::string scratch;
    if (value.front() != '"') {
      note(unexpected("Body", "a string in base64", value));
    } else if (!decodeBase64(decodeJsonString(value, scratch), body)) {
      note(Status::invalid("Body: not in standard base64 with padding"));
    }
  }

  void readByte(std::string& body) {
    const std::string_view value = scanner_.value();
    if (!scanner_.ok()) return;
    std::uint8_t byte = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), byte);
    const bool whole = error == std::errc() && end == value.data() + value.size();
    if (!whole && value != "null") note(unexpected("Body", "bytes from 0 to 255", value));
    body += static_cast<char>(byte);
  }

  JsonScanner scanner_;
  Status problem_;
};

}  // namespace

std::string writeMessageJson(std::string_view topic, const BrokerMessage& message) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.beginObject();
  out.key("Header");
  out.beginObject();
  bool named = false;
  for (const auto& [name, value] : message.header) {
    if (!named && kTopicHeader <= name) {
      out.member(kTopicHeader, topic);
      named = true;
    }
    if (name != kTopicHeader) out.member(name, value);
  }
  if (!named) out.member(kTopicHeader, topic);
  out.endObject();
  out.key("Body");
  out.base64(message.body);
  out.endObject();
  return out.take();
}

Result<TopicMessage> readMessageJson(std::string_view text) {
  TopicMessage result;
  if (Status status = MessageReader(text).read(result); !status.ok()) return status;
  auto& header = result.message.header;
  if (const auto topic = header.find(std::string(kTopicHeader)); topic != header.end()) {
    result.topic = std::move(topic->second);
    header.erase(topic);
  }
  return result;
}

}  // namespace evmicro::detail
