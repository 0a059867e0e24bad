#pragma once

#include <string_view>
#include <vector>

namespace evmicro::dashboard {

/// A file of the pages that is part of the program. Both views are valid forever.
struct Asset {
  std::string_view name;  ///< `app.js`
  std::string_view bytes;
};

/// All of them; generated from src/dashboard/pages.
const std::vector<Asset>& assets();

}  // namespace evmicro::dashboard
