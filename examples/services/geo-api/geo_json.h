#pragma once

#include <optional>
#include <string>

#include "examples/services/geo-srv/common.pb.h"

namespace geo {

/// `{"latitude":51.5,"longitude":0.1}`, members that are missing are 0; nullopt: it is not an
/// object, or a member is not a number.
std::optional<Point> pointFrom(const std::string& json);

/// Whether the degrees are within their ranges.
bool onEarth(const Point& point) noexcept;

/// As Go prints it: members that are zero are left out.
std::string toJson(const Entity& entity);

}  // namespace geo
