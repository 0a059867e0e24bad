#include "tool/command_line.h"

#include <algorithm>
#include <iostream>
#include <map>

#include "config.h"
#include "service/flags.h"
#include "service/logging.h"
#include "service/protobuf_log.h"
#include "service/suggestion.h"
#include "tool/arguments.h"
#include "tool/command.h"
#include "tool/command_shape.h"
#include "tool/output.h"
#include "tool/printable.h"

namespace evmicro::tool {

namespace {

using detail::FlagSpec;
using Words = std::vector<std::string>;

constexpr char kGroup[] = "registry";

ExitCode wrongUsage(const std::string& problem, const std::string& command = {}) {
  std::cerr << "evmicro: " << printable(problem) << "\nRun evmicro "
            << (command.empty() ? "" : command + " ") << "--help for more.\n";
  return kUsage;
}

std::string helpText(const std::vector<FlagSpec>& flags) {
  std::string text = "Usage: evmicro [flags] COMMAND [ARGUMENT...]\n\nCommands:\n";
  for (const Command& command : commands()) text += detail::helpLine(command.name, command.summary);
  return text +
         "\nEach command has its own --help. Its flags, and these, may stand before or after "
         "it:\n" +
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

ExitCode aboutGroup(const Words& words) {
  const std::string all = "list, get, register or deregister";
  if (words.size() > 1 && (words[1] == "--help" || words[1] == "-h")) {
    return show("Usage: evmicro [flags] registry COMMAND [ARGUMENT...]\n\n" + all +
                ": as without registry\n");
  }
  return wrongUsage(words.size() > 1 ? "registry: unknown command \"" + words[1] + "\", only " + all
                                     : "registry what? " + all);
}

ExitCode unknownCommand(const Words& words) {
  if (words.empty()) return wrongUsage("a command is required");
  if (words[0] == kGroup) return aboutGroup(words);
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

// `registry list services` is `list services`, and so on.
Words withoutGroup(Words words) {
  if (words.size() > 1 && words[0] == kGroup && !nextWords(words[1]).empty()) {
    words.erase(words.begin());
  }
  return words;
}

// The command that `words` begin with, and how many words its name has; null if there is none.
std::pair<const Command*, std::size_t> findCommand(const Words& words) {
  for (const Command& command : commands()) {
    if (const std::size_t taken = matches(command, words)) return {&command, taken};
  }
  return {nullptr, 0};
}

// Flags of commands, and whether a value follows.
std::map<std::string, bool> flagsOfCommands() {
  std::map<std::string, bool> flags;
  for (const Command& command : commands()) {
    for (const CommandShape::Flag& flag : shapeOf(command).flags) {
      flags[flag.longName] = !flag.placeholder.empty();
    }
  }
  return flags;
}

bool isFlag(const std::string& word) { return word.size() > 1 && word[0] == '-' && word != "--"; }

// The name of a flag, and whether its value is in the same word.
std::pair<std::string, bool> nameOf(const std::string& word) {
  const std::string name = word.substr(word[1] == '-' ? 2 : 1);
  const std::size_t equals = name.find('=');
  return {name.substr(0, equals), equals != std::string::npos};
}

// The command line with the flags of the command that stand before it moved behind its name: with
// the micro tool, all flags of api, sidecar and web stand there.
Words withFlagsBehind(const Words& line, const std::vector<FlagSpec>& global) {
  Words leading;
  Words moved;
  std::map<std::string, bool> flags;  // filled when it is needed
  std::size_t at = 0;
  while (at < line.size() && isFlag(line[at])) {
    const auto [name, hasValue] = nameOf(line[at]);
    const auto known = std::find_if(global.begin(), global.end(),
                                    [&n = name](const FlagSpec& flag) { return flag.name == n; });
    bool takesValue = known != global.end() && known->kind == FlagSpec::Kind::kValue;
    Words* to = &leading;
    if (known == global.end()) {
      if (flags.empty()) flags = flagsOfCommands();
      const auto own = flags.find(name);
      if (own == flags.end()) break;
      takesValue = own->second;
      to = &moved;
    }
    to->push_back(to == &moved && line[at][1] != '-' ? "-" + line[at] : line[at]);
    ++at;
    if (takesValue && !hasValue && at < line.size()) to->push_back(line[at++]);
  }
  Words rest(line.begin() + static_cast<Words::difference_type>(at), line.end());
  const std::size_t named = findCommand(withoutGroup(rest)).second;
  const std::size_t group = rest.size() - withoutGroup(rest).size();
  rest.insert(rest.begin() + static_cast<Words::difference_type>(named + group), moved.begin(),
              moved.end());
  leading.insert(leading.end(), rest.begin(), rest.end());
  return leading;
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
  Words line = withoutGroup(words);
  const auto [command, taken] = findCommand(line);
  if (command && taken < line.size()) {
    return wrongUsage("help: unexpected argument \"" + line[taken] + "\"");
  }
  line.emplace_back("--help");
  return runCommand(line, flags, options);
}

int runCommandLine(int argc, const char* const* argv) {
  ServiceOptions options;
  options.name = "evmicro";
  const std::vector<FlagSpec> flags = detail::clientFlags(options);
  const Words line = withFlagsBehind(Words(argv + std::min(argc, 1), argv + argc), flags);
  std::vector<const char*> pointers = {argc > 0 ? argv[0] : "evmicro"};
  for (const std::string& word : line) pointers.push_back(word.c_str());
  const auto leading =
      detail::parseLeadingFlags(flags, static_cast<int>(pointers.size()), pointers.data());
  if (!leading.ok()) return wrongUsage(leading.status().detail());
  if (leading->outcome == detail::FlagsOutcome::kRun) {
    const Words words(line.begin() + (leading->end - 1), line.end());
    return runCommand(withoutGroup(words), flags, options);
  }
  const bool help = leading->outcome == detail::FlagsOutcome::kHelp;
  return show(help ? helpText(flags) : "evmicro " PACKAGE_VERSION "\n");
}

}  // namespace evmicro::tool
