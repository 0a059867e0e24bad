#pragma once

#include <cstdlib>
#include <string>

/// Flags of the Go services have environment variables of their own, such as DATABASE_URL; the
/// library's begin with MICRO_. Sets `value` from the variable `name` if no flag has set it.
inline void orFromEnvironment(std::string& value, const char* name) {
  const char* const found = std::getenv(name);
  if (value.empty() && found) value = found;
}
