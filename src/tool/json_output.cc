#include "tool/json_output.h"

#include <CLI/CLI.hpp>

namespace evmicro::tool {

void addJsonFlag(CLI::App& app, Format& format) {
  app.add_flag_callback(
      "--json", [&format] { format = Format::kJson; }, "Print JSON, for scripts");
}

}  // namespace evmicro::tool
