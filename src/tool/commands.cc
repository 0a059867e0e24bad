#include "tool/command.h"

namespace evmicro::tool {

const std::vector<AddCommand>& commands() {
  static const std::vector<AddCommand> kCommands = {
      &addAgentCommand,
  };
  return kCommands;
}

}  // namespace evmicro::tool
