#include "service/flags.h"

#include <algorithm>
#include <cstdlib>

#include "service/suggestion.h"

namespace evmicro::detail {

namespace {

std::string environmentName(std::string_view flag) {
  std::string name = "MICRO_";
  for (const char c : flag) {
    name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' ? '_' : c;
  }
  return name;
}

Status unknownFlag(const std::vector<FlagSpec>& flags, const std::string& name) {
  std::vector<std::string> names;
  for (const FlagSpec& flag : flags) names.push_back(flag.name);
  return Status::invalid("unknown flag --" + name + didYouMean(name, names, "--") +
                         " (see --help)");
}

const FlagSpec* findFlag(const std::vector<FlagSpec>& flags, std::string_view name) {
  const auto found = std::find_if(flags.begin(), flags.end(),
                                  [&](const FlagSpec& flag) { return flag.name == name; });
  return found == flags.end() ? nullptr : &*found;
}

Status applyEnvironment(const std::vector<FlagSpec>& flags) {
  for (const FlagSpec& flag : flags) {
    const std::string name = environmentName(flag.name);
    const char* value = std::getenv(name.c_str());
    if (!value || *value == '\0') continue;
    Status status = flag.apply(value);
    if (!status.ok()) return std::move(status).withContext("environment variable " + name);
  }
  return {};
}

// Applies the flag `word` at argv[i], without its dashes; advances i if the value is a separate
// word.
Status applyWord(const std::vector<FlagSpec>& flags, std::string_view word, int argc,
                 const char* const* argv, int& i) {
  const std::size_t equals = word.find('=');
  const std::string name(word.substr(0, equals));
  const FlagSpec* flag = findFlag(flags, name);
  if (!flag) return unknownFlag(flags, name);
  std::string_view value = "true";
  if (equals != std::string_view::npos) {
    value = word.substr(equals + 1);
  } else if (flag->kind == FlagSpec::Kind::kValue) {
    if (++i == argc) {
      return Status::invalid("flag --" + name + " needs a value: --" + name + " " +
                             flag->placeholder);
    }
    value = argv[i];
  }
  return flag->apply(value).withContext("flag --" + name);
}

}  // namespace

Result<LeadingFlags> parseLeadingFlags(const std::vector<FlagSpec>& flags, int argc,
                                       const char* const* argv) {
  Status environment = applyEnvironment(flags);
  if (!environment.ok()) return environment;
  int i = 1;
  for (; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word.size() < 2 || word.front() != '-' || word == "--") break;
    word.remove_prefix(word.substr(0, 2) == "--" ? 2 : 1);
    const std::string_view name = word.substr(0, word.find('='));
    if (name == "help" || name == "h") return LeadingFlags{FlagsOutcome::kHelp, i};
    if (name == "version" || name == "v") return LeadingFlags{FlagsOutcome::kVersion, i};
    Status status = applyWord(flags, word, argc, argv, i);
    if (!status.ok()) return status;
  }
  return LeadingFlags{FlagsOutcome::kRun, i};
}

Result<FlagsOutcome> parseFlags(const std::vector<FlagSpec>& flags, int argc,
                                const char* const* argv) {
  const Result<LeadingFlags> leading = parseLeadingFlags(flags, argc, argv);
  if (!leading.ok()) return leading.status();
  if (leading->outcome == FlagsOutcome::kRun && leading->end < argc) {
    return Status::invalid("unexpected argument \"" + std::string(argv[leading->end]) +
                           "\": only flags are accepted (see --help)");
  }
  return leading->outcome;
}

std::string describeFlag(const FlagSpec& flag) {
  return flag.byDefault.empty() ? flag.help : flag.help + " (default: " + flag.byDefault + ")";
}

std::string flagsHelp(const std::vector<FlagSpec>& flags) {
  std::string text;
  for (const FlagSpec& flag : flags) {
    const std::string placeholder = flag.placeholder.empty() ? "" : " " + flag.placeholder;
    text += helpLine("--" + flag.name + placeholder, describeFlag(flag));
  }
  text += helpLine("--version", "print the version and exit");
  text += helpLine("--help", "print this and exit");
  text +=
      "\nEach flag can also be given as an environment variable, MICRO_ and its name in capitals:\n"
      "MICRO_REGISTRY_ADDRESS for --registry_address. The command line takes precedence.\n"
      "Durations: 500ms, 5s, 1m30s, or seconds.\n";
  return text;
}

std::string helpLine(const std::string& left, const std::string& help) {
  const std::size_t column = 34;
  const std::size_t gap = left.size() < column ? column - left.size() : 1;
  return "  " + left + std::string(gap, ' ') + help + "\n";
}

std::string helpText(std::string_view program, const std::vector<FlagSpec>& flags) {
  return "Usage: " + std::string(program) + " [flags]\n\nFlags:\n" + flagsHelp(flags);
}

}  // namespace evmicro::detail
