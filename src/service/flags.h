#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/service.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// One flag: its name, and what it does to the options.
struct FlagSpec {
  enum class Kind { kValue, kSwitch };  ///< a switch may stand without a value

  std::string name;
  std::string placeholder;  ///< shown after the name in the help
  std::string help;
  Kind kind = Kind::kValue;
  std::function<Status(std::string_view value)> apply;
  std::vector<std::string> choices;  ///< the allowed values; empty: any
  std::string byDefault = {};        ///< the default, as it would be typed; empty: none
};

/// The flags of every service, bound to `options`, which must outlive them.
std::vector<FlagSpec> serviceFlags(ServiceOptions& options);

/// The subset for a program that only calls services.
std::vector<FlagSpec> clientFlags(ServiceOptions& options);

/// The subset for what listens otherwise than a service: the limits of its connections.
std::vector<FlagSpec> limitFlags(ListenOptions& limits);

/// Splits `a, b,c`; blanks around the parts and empty parts are dropped.
std::vector<std::string> splitList(std::string_view text);

enum class FlagsOutcome { kRun, kHelp, kVersion };

/// Applies the environment (`MICRO_` and the flag's name in capitals), then the command line
/// (`--flag value`, `--flag=value`, also with one dash). Errors name the flag and what it expects;
/// for an unknown flag, also the most similar one.
Result<FlagsOutcome> parseFlags(const std::vector<FlagSpec>& flags, int argc,
                                const char* const* argv);

/// The flags before the first word that is not a flag, and the index of that word (argc if there is
/// none; the index of --help or --version for these outcomes).
struct LeadingFlags {
  FlagsOutcome outcome;
  int end;
};
/// As parseFlags(), but stops at the first word that is not a flag instead of refusing it.
Result<LeadingFlags> parseLeadingFlags(const std::vector<FlagSpec>& flags, int argc,
                                       const char* const* argv);

/// The description of a flag, with its default.
std::string describeFlag(const FlagSpec& flag);
/// The text for --help.
std::string helpText(std::string_view program, const std::vector<FlagSpec>& flags);
/// The part about the flags, without a heading.
std::string flagsHelp(const std::vector<FlagSpec>& flags);
/// One line of a help text, in two columns.
std::string helpLine(const std::string& left, const std::string& help);

}  // namespace evmicro::detail
