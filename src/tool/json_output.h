#pragma once

#include <string>
#include <vector>

#include "json/writer.h"
#include "tool/printable.h"

namespace evmicro::tool {

class Arguments;

enum class Format { kText, kJson };

/// `--json` sets `format`, which must outlive the parsing.
void addJsonFlag(Arguments& arguments, Format& format);

/// A JSON array, indented, with a newline at the end; `write(out, item)` writes one element.
template <typename Item, typename Write>
std::string jsonArray(const std::vector<Item>& items, Write write) {
  detail::JsonWriter out(detail::JsonWriter::Style::kCompact);
  out.beginArray();
  for (const Item& item : items) write(out, item);
  out.endArray();
  return indentJson(out.take()) + "\n";
}

/// The JSON object that `write(out)` fills, on one line.
template <typename Write>
std::string jsonLine(Write write) {
  detail::JsonWriter out(detail::JsonWriter::Style::kCompact);
  out.beginObject();
  write(out);
  out.endObject();
  return flatJson(out.take()) + "\n";
}

}  // namespace evmicro::tool
