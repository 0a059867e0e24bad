#pragma once

#include <string>
#include <vector>

#include "tool/command.h"

namespace evmicro::tool {

/// What a command takes, as it has told the parser: the one source of its help, of the manual page
/// and of the completion.
struct CommandShape {
  struct Argument {
    std::string name;  ///< `SERVICE`
    std::string help;
    bool required;
  };
  struct Flag {
    std::string longName;     ///< `header`
    std::string shortName;    ///< `H`; empty: none
    std::string placeholder;  ///< empty: a switch
    std::string help;         ///< with its default
  };

  std::string name;  ///< `get service`
  std::string description;
  std::vector<Argument> arguments;
  std::vector<Flag> flags;  ///< without those of all commands
};

CommandShape shapeOf(const Command& command);

}  // namespace evmicro::tool
