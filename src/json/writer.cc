#include "json/writer.h"

#include <utility>

#include "json/base64.h"
#include "json/scanner.h"
#include "json/text.h"

namespace evmicro::detail {

void JsonWriter::newLine() {
  if (style_ == Style::kCompact) return;
  text_ += '\n';
  text_.append(static_cast<std::size_t>(depth_) * 4, ' ');
}

void JsonWriter::separate() {
  if (std::exchange(afterKey_, false)) return;
  if (!std::exchange(first_, false)) text_ += ',';
  if (depth_ > 0) newLine();
}

void JsonWriter::begin(char bracket) {
  separate();
  text_ += bracket;
  ++depth_;
  first_ = true;
}

void JsonWriter::end(char bracket) {
  --depth_;
  if (!std::exchange(first_, false)) newLine();
  text_ += bracket;
}

void JsonWriter::key(std::string_view name) {
  separate();
  appendJsonString(text_, name);
  text_ += style_ == Style::kPretty ? ": " : ":";
  afterKey_ = true;
}

void JsonWriter::string(std::string_view text) {
  separate();
  appendJsonString(text_, text);
}

void JsonWriter::number(std::int64_t value) {
  separate();
  text_ += std::to_string(value);
}

void JsonWriter::number(std::uint64_t value) {
  separate();
  text_ += std::to_string(value);
}

void JsonWriter::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  text_ += "null";
}

void JsonWriter::base64(std::string_view bytes) {
  separate();
  text_ += '"';
  appendBase64(text_, bytes);
  text_ += '"';
}

void JsonWriter::checked(std::string_view json) {
  separate();
  appendCompactJson(text_, json);
}

void JsonWriter::strings(const std::map<std::string, std::string>& members) {
  beginObject();
  for (const auto& [name, text] : members) member(name, text);
  endObject();
}

std::string JsonWriter::take() {
  if (style_ == Style::kPretty) text_ += '\n';
  first_ = true;
  return std::exchange(text_, {});
}

}  // namespace evmicro::detail
