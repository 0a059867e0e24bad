#include "call/user_code.h"

#include "base/log.h"

namespace evmicro::detail {

Status thrownBy(const char* what, const char* text) {
  const std::string said = text ? std::string(": ") + text : std::string(" something unknown");
  EVMICRO_LOG_WARN("call", what << " threw" << said);
  return Status::internal(std::string(what) + " threw" + said);
}

}  // namespace evmicro::detail
