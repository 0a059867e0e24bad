#include "tool/command_line.h"

#include <iostream>

#include "config.h"
#include "service/flags.h"
#include "service/logging.h"
#include "service/protobuf_log.h"
#include "service/suggestion.h"
#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/output.h"
#include "tool/printable.h"

namespace evmicro::tool {

namespace {

using detail::FlagSpec;
using Words = std::vector<std::string>;

ExitCode wrongUsage(const std::string& problem, const std::string& command = {}) {
  std::cerr << "evmicro: " << printable(problem) << "\nRun evmicro "
            << (command.empty() ? "" : command + " ") << "--help for more.\n";
  return kUsage;
}

std::string helpText(const std::vector<FlagSpec>& flags) {
  std::string text = "Usage: evmicro [flags] COMMAND [ARGUMENT...]\n\nCommands:\n";
  for (const Command& command : commands()) text += detail::helpLine(command.name, command.summary);
  return text + "\nEach command has its own --help. Flags, before or after the command:\n" +
         detail::flagsHelp(flags);
}

// How many words at the front of `words` are the name of `command`: 0, or all words of the name.
std::size_t matches(const Command& command, const Words& words) {
  const std::size_t blank = command.name.find(' ');
  if (words.empty() || words[0] != command.name.substr(0, blank)) return 0;
  if (blank == std::string::npos) return 1;
  return words.size() > 1 && words[1] == command.name.substr(blank + 1) ? 2 : 0;
}

// The next words of all commands, or of those whose name has two words and begins with `first`.
Words nextWords(const std::string& first) {
  Words result;
  for (const Command& command : commands()) {
    if (first.empty()) {
      result.push_back(command.name.substr(0, command.name.find(' ')));
    } else if (command.name.compare(0, first.size() + 1, first + " ") == 0) {
      result.push_back(command.name.substr(first.size() + 1));
    }
  }
  return result;
}

ExitCode unknownCommand(const Words& words) {
  if (words.empty()) return wrongUsage("a command is required");
  const Words objects = nextWords(words[0]);
  if (objects.empty()) {
    return wrongUsage("unknown command \"" + words[0] + "\"" +
                      detail::didYouMean(words[0], nextWords("")));
  }
  std::string all;
  for (const std::string& object : objects) all += (all.empty() ? "" : " or ") + object;
  if (words.size() == 1) return wrongUsage(words[0] + " what? " + all);
  if (words[1] == "--help" || words[1] == "-h") {
    return show("Usage: evmicro [flags] " + words[0] + " " + all + " [ARGUMENT...]\n");
  }
  return wrongUsage("cannot " + words[0] + " \"" + words[1] + "\", only " + all +
                    detail::didYouMean(words[1], objects));
}

// The command that `words` begin with, and how many words its name has; null if there is none.
std::pair<const Command*, std::size_t> findCommand(const Words& words) {
  for (const Command& command : commands()) {
    if (const std::size_t taken = matches(command, words)) return {&command, taken};
  }
  return {nullptr, 0};
}

ExitCode runCommand(const Words& words, const std::vector<FlagSpec>& flags,
                    const ServiceOptions& options) {
  const auto [command, taken] = findCommand(words);
  if (!command) return unknownCommand(words);
  Action action;
  {
    Arguments arguments(command->summary, "evmicro [flags] " + command->name);
    action = command->define(arguments);
    // The global flags may also follow the command.
    for (const FlagSpec& flag : flags)
      arguments.addHidden("--" + flag.name, flag.placeholder, flag.apply);
    const auto begin = words.begin() + static_cast<Words::difference_type>(taken);
    const Result<std::string> help = arguments.parse(Words(begin, words.end()));
    if (!help.ok()) return wrongUsage(command->name + ": " + help.status().detail(), command->name);
    if (!help->empty()) return show(*help);
  }
  const Status logging = detail::configureLogging(options.logLevel, options.logConfig);
  if (!logging.ok()) return fail(logging);
  detail::routeProtobufLog();
  return action(options);
}

}  // namespace

ExitCode showHelp(const Words& words) {
  ServiceOptions options;
  const std::vector<FlagSpec> flags = detail::clientFlags(options);
  if (words.empty()) return show(helpText(flags));
  Words line = words;
  line.emplace_back("--help");
  const auto [command, taken] = findCommand(words);
  if (command && taken < words.size()) {
    return wrongUsage("help: unexpected argument \"" + words[taken] + "\"");
  }
  return runCommand(line, flags, options);
}

int runCommandLine(int argc, const char* const* argv) {
  ServiceOptions options;
  options.name = "evmicro";
  const std::vector<FlagSpec> flags = detail::clientFlags(options);
  const auto leading = detail::parseLeadingFlags(flags, argc, argv);
  if (!leading.ok()) return wrongUsage(leading.status().detail());
  if (leading->outcome == detail::FlagsOutcome::kRun) {
    return runCommand(Words(argv + leading->end, argv + argc), flags, options);
  }
  const bool help = leading->outcome == detail::FlagsOutcome::kHelp;
  return show(help ? helpText(flags) : "evmicro " PACKAGE_VERSION "\n");
}

}  // namespace evmicro::tool
