#include "tool/command_shape.h"

#include "tool/arguments.h"

namespace evmicro::tool {

CommandShape shapeOf(const Command& command) {
  Arguments arguments(command.summary, command.name);
  command.define(arguments);
  return arguments.shape(command.name);
}

}  // namespace evmicro::tool
