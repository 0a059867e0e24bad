// A Status as go-micro's errors travel: `{"id":...,"code":...,"detail":...,"status":...}`.
#include <evmicro/status.h>

#include <cassert>
#include <cstdint>

#include "json/jansson.h"
#include "json/writer.h"

namespace evmicro {

std::string Status::toWire() const {
  assert(!ok());
  detail::JsonWriter out(detail::JsonWriter::Style::kCompact);
  out.beginObject();
  out.member("id", id());
  out.member("code", code());
  out.member("detail", detail());
  out.member("status", statusText(code()));
  out.endObject();
  return out.take();
}

Status Status::fromWire(std::string_view text) {
  const detail::Json object(json_loadb(text.data(), text.size(), JSON_ALLOW_NUL, nullptr));
  if (!json_is_object(object.get())) {
    return Status(ErrorKind::kRemote, 500, {}, std::string(text));
  }
  const json_t* const code = json_object_get(object.get(), "code");
  const json_int_t number = json_is_integer(code) ? json_integer_value(code) : 0;
  const bool usable = number > 0 && number <= INT32_MAX;
  return Status(ErrorKind::kRemote, usable ? static_cast<int>(number) : 500,
                detail::textAt(object.get(), "id"), detail::textAt(object.get(), "detail"));
}

}  // namespace evmicro
