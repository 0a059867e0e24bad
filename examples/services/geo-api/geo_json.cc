#include "geo_json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>

#include <jansson.h>

namespace geo {

namespace {

struct Release {
  void operator()(json_t* value) const noexcept { json_decref(value); }
};
using Json = std::unique_ptr<json_t, Release>;

// False: it is there, and not a number.
bool read(const json_t* object, const char* name, double& value) {
  const json_t* member = json_object_get(object, name);
  if (!member) return true;
  value = json_number_value(member);
  return json_is_number(member);
}

// The shortest text that reads back as the same number.
std::string text(double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return std::string(digits.data(), end);
}

std::string text(const std::string& value) {
  const Json json(json_stringn(value.data(), value.size()));
  const std::unique_ptr<char, void (*)(void*)> quoted(json_dumps(json.get(), JSON_ENCODE_ANY),
                                                      std::free);
  return quoted ? quoted.get() : "\"\"";
}

// Members of an object, one after the other.
class Members {
 public:
  void add(const char* name, const std::string& value) {
    text_ += (text_.empty() ? "\"" : ",\"") + std::string(name) + "\":" + value;
  }
  std::string object() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string toJson(const Point& point) {
  Members members;
  if (point.latitude() != 0) members.add("latitude", text(point.latitude()));
  if (point.longitude() != 0) members.add("longitude", text(point.longitude()));
  if (point.timestamp() != 0) members.add("timestamp", std::to_string(point.timestamp()));
  return members.object();
}

}  // namespace

std::optional<Point> pointFrom(const std::string& text) {
  const Json json(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
  double latitude = 0;
  double longitude = 0;
  if (!json_is_object(json.get()) || !read(json.get(), "latitude", latitude) ||
      !read(json.get(), "longitude", longitude)) {
    return std::nullopt;
  }
  Point point;
  point.set_latitude(latitude);
  point.set_longitude(longitude);
  return point;
}

bool onEarth(const Point& point) noexcept {
  return std::abs(point.latitude()) <= 90 && std::abs(point.longitude()) <= 180;
}

std::string toJson(const Entity& entity) {
  Members members;
  if (!entity.id().empty()) members.add("id", text(entity.id()));
  if (!entity.type().empty()) members.add("type", text(entity.type()));
  if (entity.has_location()) members.add("location", toJson(entity.location()));
  return members.object();
}

}  // namespace geo
