#pragma once

#include <string>
#include <vector>

#include "tool/command.h"

namespace evmicro::tool {

/// The arguments and flags of a command, as it has declared them to the parser: the source of the
/// manual page and the completion.
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
  std::vector<Flag> flags;  ///< without the global ones
};

CommandShape shapeOf(const Command& command);

}  // namespace evmicro::tool
