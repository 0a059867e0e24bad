#pragma once

#include <string>
#include <vector>

#include "tool/printable.h"

namespace CLI {
class App;
}

namespace evmicro::tool {

enum class Format { kText, kJson };

/// `--json` on `app` sets `format`, which must outlive the parsing.
void addJsonFlag(CLI::App& app, Format& format);

/// A JSON array, indented, with a newline at the end; `append(text, item)` writes one element.
template <typename Item, typename Append>
std::string jsonArray(const std::vector<Item>& items, Append append) {
  std::string text = "[";
  for (const Item& item : items) {
    if (text.size() > 1) text += ",";
    append(text, item);
  }
  return indentJson(text + "]") + "\n";
}

}  // namespace evmicro::tool
