#include "agent/go_duration.h"

#include <string>

#include "base/duration.h"
#include "json/text.h"

namespace evmicro::detail {

Result<std::chrono::nanoseconds> parseGoDuration(std::string_view text) {
  DurationError error;
  const auto duration = parseGoDuration(text, error);
  if (duration) return *duration;
  switch (error.what) {
    case DurationError::What::kMissingUnit:
      return Status::invalid("time: missing unit in duration " + jsonString(text));
    case DurationError::What::kUnknownUnit:
      return Status::invalid("time: unknown unit " + jsonString(error.unit) + " in duration " +
                             jsonString(text));
    case DurationError::What::kMalformed: break;
  }
  return Status::invalid("time: invalid duration " + jsonString(text));
}

}  // namespace evmicro::detail
