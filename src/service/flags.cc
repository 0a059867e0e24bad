#include "service/flags.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace evmicro::detail {

namespace {

std::string environmentName(std::string_view flag) {
  std::string name = "MICRO_";
  for (const char c : flag) {
    name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' ? '_' : c;
  }
  return name;
}

// Levenshtein's distance, for suggestions.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

Status unknownFlag(const std::vector<FlagSpec>& flags, const std::string& name) {
  std::string text = "unknown flag --" + name;
  const auto nearest =
      std::min_element(flags.begin(), flags.end(), [&](const FlagSpec& a, const FlagSpec& b) {
        return distance(a.name, name) < distance(b.name, name);
      });
  if (nearest != flags.end() && distance(nearest->name, name) <= 3) {
    text += ": did you mean --" + nearest->name + "?";
  }
  return Status::invalid(text + " (--help lists all)");
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

}  // namespace

Result<FlagsOutcome> parseFlags(const std::vector<FlagSpec>& flags, int argc,
                                const char* const* argv) {
  Status environment = applyEnvironment(flags);
  if (!environment.ok()) return environment;
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word.size() < 2 || word.front() != '-' || word == "--") {
      return Status::invalid("unexpected argument \"" + std::string(word) +
                             "\": only flags are taken (--help lists them)");
    }
    word.remove_prefix(word.substr(0, 2) == "--" ? 2 : 1);
    const std::size_t equals = word.find('=');
    const std::string name(word.substr(0, equals));
    if (name == "help" || name == "h") return FlagsOutcome::kHelp;
    if (name == "version" || name == "v") return FlagsOutcome::kVersion;
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
    Status status = flag->apply(value);
    if (!status.ok()) return std::move(status).withContext("flag --" + name);
  }
  return FlagsOutcome::kRun;
}

std::string helpText(std::string_view program, const std::vector<FlagSpec>& flags) {
  std::string text = "Usage: " + std::string(program) + " [flags]\n\nFlags:\n";
  const auto line = [&text](const std::string& left, const std::string& help) {
    text += "  " + left;
    text.append(left.size() < 34 ? 34 - left.size() : 1, ' ');
    text += help + "\n";
  };
  for (const FlagSpec& flag : flags) {
    line("--" + flag.name + (flag.placeholder.empty() ? "" : " " + flag.placeholder), flag.help);
  }
  line("--version", "print the version and exit");
  line("--help", "print this and exit");
  text +=
      "\nEach flag can also be given as an environment variable, MICRO_ and its name in capitals:\n"
      "MICRO_REGISTRY_ADDRESS for --registry_address. The command line wins.\n"
      "Durations: 500ms, 5s, 1m30s, or seconds.\n";
  return text;
}

}  // namespace evmicro::detail
