#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <jansson.h>

#include <evmicro/status.h>

namespace evmicro::detail {

struct ReleaseJson {
  void operator()(json_t* node) const noexcept { json_decref(node); }
};
using JsonNode = std::unique_ptr<json_t, ReleaseJson>;

/// How a number suits the type that was asked for.
enum class NumberFit {
  kFits,
  kOutOfRange,
  kNotANumber,  ///< Not of that kind at all: a fraction for an integer, other text for a number.
};

/// Reads a decimal integer that is the whole of `text`, for T of 32 or 64 bits.
template <typename T>
NumberFit parseInteger(std::string_view text, T& out) noexcept;

/// One value of a JsonTree; borrowed from it.
class JsonValue {
 public:
  enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };

  JsonValue(json_t* node, bool marked) noexcept : node_(node), marked_(marked) {}

  Kind kind() const noexcept;
  bool isTrue() const noexcept { return json_is_true(node_); }  ///< @pre kBoolean
  std::string_view string() const noexcept;                     ///< @pre kString

  /// Exact over the whole range of T. @pre kNumber
  template <typename T>
  NumberFit integer(T& out) const noexcept;
  /// T is float or double; never NaN or infinity. @pre kNumber
  template <typename T>
  NumberFit real(T& out) const noexcept;

  /// Calls `onMember(key, value)` for each member in the order of the text until one returns an
  /// error, which it passes on. Of members with the same key only the last is there. @pre kObject
  template <typename OnMember>
  Status eachMember(OnMember onMember) const {
    const char* key;
    json_t* value;
    json_object_foreach(node_, key, value) {
      const std::string_view name = std::string_view(key).substr(marked_ ? 1 : 0);
      if (Status status = onMember(name, JsonValue(value, marked_)); !status.ok()) return status;
    }
    return {};
  }
  /// The same for the elements of an array: `onElement(index, value)`. @pre kArray
  template <typename OnElement>
  Status eachElement(OnElement onElement) const {
    for (std::size_t i = 0; i < json_array_size(node_); ++i) {
      const JsonValue element(json_array_get(node_, i), marked_);
      if (Status status = onElement(i, element); !status.ok()) return status;
    }
    return {};
  }

  /// For error messages: `a string "x"`, `the number 1.5`, `an object`.
  std::string describe() const;

 private:
  std::string_view rawString() const noexcept;
  std::string_view markedNumber() const noexcept { return rawString().substr(1); }

  json_t* node_;
  bool marked_;  // see JsonTree
};

/// A JSON text as jansson reads it, with one difference: numbers that jansson cannot hold
/// (integers beyond 64 bits with sign, reals beyond double, the sign of -0) are kept.
///
/// Such a text is read with each number turned into a string that starts with 'n', and each other
/// string made to start with 's': the tree is then "marked".
class JsonTree {
 public:
  /// Reads one checked value (see JsonScanner). On an error root() must not be called.
  Status read(std::string_view json);
  JsonValue root() const noexcept { return {root_.get(), marked_}; }

 private:
  JsonNode root_;
  bool marked_ = false;
};

/// Decodes a JSON string token, quotes included, that a JsonScanner has checked. The only thing
/// left to be wrong is its UTF-8 (half surrogates among it).
Status decodeJsonString(std::string_view token, std::string& out);

/// Shortens `text` for an error message and puts it in quotes.
std::string quoteForError(std::string_view text);

}  // namespace evmicro::detail
