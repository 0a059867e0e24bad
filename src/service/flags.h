#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/service.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// One flag: how it is called, what it does to the options.
struct FlagSpec {
  enum class Kind { kValue, kSwitch };  ///< a switch may stand without a value

  std::string name;
  std::string placeholder;  ///< shown in the help after the name
  std::string help;
  Kind kind = Kind::kValue;
  std::function<Status(std::string_view value)> apply;
  std::vector<std::string> choices;  ///< the values there are; empty: any
  std::string byDefault = {};        ///< the value without it, as it is typed; empty: none
};

/// The flags every service has, bound to `options`, which must outlive them.
std::vector<FlagSpec> serviceFlags(ServiceOptions& options);

/// Those of them that a program needs which only calls others.
std::vector<FlagSpec> clientFlags(ServiceOptions& options);

/// The parts of `a, b,c`, without the blanks around them; empty ones are left out.
std::vector<std::string> splitList(std::string_view text);

enum class FlagsOutcome { kRun, kHelp, kVersion };

/// Applies the environment (`MICRO_` and the flag's name in capitals), then the command line
/// (`--flag value`, `--flag=value`, also with one dash). Errors say which flag and what it wants;
/// an unknown flag comes with the most similar one.
Result<FlagsOutcome> parseFlags(const std::vector<FlagSpec>& flags, int argc,
                                const char* const* argv);

/// The flags that stand before the first word that is none, and the index of that word (argc when
/// there is none; where --help or --version stands when the outcome is that).
struct LeadingFlags {
  FlagsOutcome outcome;
  int end;
};
/// As parseFlags(), but ends at the first word that is no flag instead of refusing it.
Result<LeadingFlags> parseLeadingFlags(const std::vector<FlagSpec>& flags, int argc,
                                       const char* const* argv);

/// What a flag does, with its default.
std::string describeFlag(const FlagSpec& flag);
/// The text for --help.
std::string helpText(std::string_view program, const std::vector<FlagSpec>& flags);
/// Its part about the flags, without a heading.
std::string flagsHelp(const std::vector<FlagSpec>& flags);
/// One line in two columns, as all lines of help texts are.
std::string helpLine(const std::string& left, const std::string& help);

}  // namespace evmicro::detail
