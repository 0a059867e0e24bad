// The `evmicro` program.
#include <iostream>

#include <CLI/CLI.hpp>

#include "config.h"
#include "tool/command.h"

namespace {

using evmicro::tool::kDone;
using evmicro::tool::kUsage;

// Help and version are answers (stdout, 0), all else that parsing throws is wrong usage.
int explain(const CLI::App& app, const CLI::ParseError& error) {
  return app.exit(error) == 0 ? kDone : kUsage;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("evmicro: services and their registry from the command line", "evmicro");
  app.set_version_flag("--version", "evmicro " PACKAGE_VERSION);
  evmicro::tool::Action action;
  for (const evmicro::tool::AddCommand add : evmicro::tool::commands()) {
    add(app, action);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
  if (!action) {  // require_subcommand() would hide which word was wrong
    std::cerr << "evmicro: a command is required\nRun with --help for more information.\n";
    return kUsage;
  }
  return action();
}
