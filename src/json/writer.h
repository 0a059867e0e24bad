#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace evmicro::detail {

/// Writes JSON text exactly as Go's encoding/json does: peers compare some of it byte by byte.
/// Calls must be balanced, and within an object each value must follow a key. Protobuf messages are
/// written by writeJson().
class JsonWriter {
 public:
  enum class Style {
    kCompact,
    kPretty,  ///< indented by four blanks, a newline at the end: `?pretty`
  };

  explicit JsonWriter(Style style) : style_(style) {}

  void beginObject() { begin('{'); }
  void endObject() { end('}'); }
  void beginArray() { begin('['); }
  void endArray() { end(']'); }
  void key(std::string_view name);
  void string(std::string_view text);
  void number(std::int64_t value);
  void number(std::uint64_t value);
  void boolean(bool value);
  void null();
  /// Bytes, as a string of padded base64.
  void base64(std::string_view bytes);
  /// A value that a JsonScanner has checked; compacted, whatever the style.
  void checked(std::string_view json);
  /// An object of strings.
  void strings(const std::map<std::string, std::string>& members);

  void member(std::string_view name, std::string_view text) { key(name), string(text); }
  void member(std::string_view name, const char* text) { key(name), string(text); }
  void member(std::string_view name, std::int64_t value) { key(name), number(value); }
  void member(std::string_view name, std::uint64_t value) { key(name), number(value); }
  void member(std::string_view name, int value) { key(name), number(std::int64_t{value}); }
  void member(std::string_view name, bool value) { key(name), boolean(value); }

  /// Returns the text and empties the writer.
  std::string take();

 private:
  void begin(char bracket);
  void end(char bracket);
  void separate();
  void newLine();

  const Style style_;
  std::string text_;
  int depth_ = 0;
  bool first_ = true;  // nothing has been written yet inside the innermost brackets
  bool afterKey_ = false;
};

}  // namespace evmicro::detail
