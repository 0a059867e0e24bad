#include "tool/json_output.h"

#include "tool/arguments.h"

namespace evmicro::tool {

void addJsonFlag(Arguments& arguments, Format& format) {
  arguments.addSwitch(
      "--json", [&format] { format = Format::kJson; }, "Print JSON, for scripts");
}

}  // namespace evmicro::tool
