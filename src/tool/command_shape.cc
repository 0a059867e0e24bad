#include "tool/command_shape.h"

#include <CLI/CLI.hpp>

namespace evmicro::tool {

namespace {

std::string helpOf(const CLI::Option& option) {
  const std::string& byDefault = option.get_default_str();
  return option.get_description() + (byDefault.empty() ? "" : " (default: " + byDefault + ")");
}

CommandShape::Flag flagOf(const CLI::Option& option) {
  const auto& shortNames = option.get_snames();
  return {option.get_lnames().front(), shortNames.empty() ? "" : shortNames.front(),
          option.get_items_expected_max() == 0 ? "" : option.get_type_name(), helpOf(option)};
}

}  // namespace

CommandShape shapeOf(const Command& command) {
  CLI::App app(command.summary);
  command.define(app);
  CommandShape shape{command.name, app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option == app.get_help_ptr()) continue;
    if (option->get_positional()) {
      shape.arguments.push_back(
          {option->get_name(true), option->get_description(), option->get_required()});
    } else {
      shape.flags.push_back(flagOf(*option));
    }
  }
  return shape;
}

}  // namespace evmicro::tool
