#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <jansson.h>

#include <evmicro/status.h>

#include "json/jansson.h"

namespace evmicro::detail {

/// Parses the first JSON value of `text`; ignores anything after it. The error is kInvalid with the
/// text of Go's decoder: `EOF`, `invalid character 'x' looking for beginning of value`.
Result<Json> parseGoJson(std::string_view text);

/// Fills the fields of a struct from a JSON object as Go's decoder does: names are
/// case-insensitive, null leaves a field unchanged, unknown names and wrong types are refused with
/// Go's texts. Holds references to the fields.
class GoStruct {
 public:
  /// `place` names the struct in errors: `.` is the outermost one, whose fields are `.Name`;
  /// `A.B.` makes `A.B.Name`; a place that ends otherwise stands for all fields.
  explicit GoStruct(std::string place) : place_(std::move(place)) {}

  using Read = std::function<Status(const json_t* value, const std::string& place)>;
  void field(std::string_view name, Read read);
  void field(std::string_view name, std::string& to);
  void field(std::string_view name, std::int64_t& to);
  void field(std::string_view name, bool& to);
  void field(std::string_view name, std::vector<std::string>& to);
  void field(std::string_view name, std::map<std::string, std::string>& to);
  /// A number is nanoseconds, a string has Go's notation, anything else is ignored.
  void field(std::string_view name, std::chrono::nanoseconds& to);
  /// A field of any type that is known but not used here.
  void ignored(std::string_view name);

  /// @pre `value` is an object
  Status read(const json_t* value) const;

 private:
  struct Field {
    std::string_view name;
    Read read;
  };
  const std::string place_;
  std::vector<Field> fields_;
};

/// `json: cannot unmarshal number into Go struct field .Name of type string`
Status goTypeError(const json_t* value, const std::string& place, std::string_view type);

}  // namespace evmicro::detail
