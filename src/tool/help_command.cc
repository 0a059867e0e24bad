// `evmicro help`: the same as --help, for the program or for a command.
#include <memory>

#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/command_line.h"

namespace evmicro::tool {

Action defineHelp(Arguments& arguments) {
  arguments.describe("Print all commands and flags, or those of one command");
  const auto words = std::make_shared<std::vector<std::string>>();
  arguments.addWords("COMMAND", *words, "Name of the command, one word or two");
  return [words](const ServiceOptions&) { return showHelp(*words); };
}

}  // namespace evmicro::tool
