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
};

/// The flags every service has, bound to `options`, which must outlive them.
std::vector<FlagSpec> serviceFlags(ServiceOptions& options);

enum class FlagsOutcome { kRun, kHelp, kVersion };

/// Applies the environment (`MICRO_` and the flag's name in capitals), then the command line
/// (`--flag value`, `--flag=value`, also with one dash). Errors say which flag and what it wants;
/// an unknown flag comes with the most similar one.
Result<FlagsOutcome> parseFlags(const std::vector<FlagSpec>& flags, int argc,
                                const char* const* argv);

/// The text for --help.
std::string helpText(std::string_view program, const std::vector<FlagSpec>& flags);

}  // namespace evmicro::detail
