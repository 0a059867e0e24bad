#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/status.h>

namespace evmicro::detail {
struct FlagSpec;
}

namespace evmicro::tool {

struct CommandShape;

/// The arguments and flags of one command. The command adds them with the variables that they set,
/// which must outlive parse(); a variable whose argument is not given keeps its value.
///
/// CLI11 does the work and is known to the source of this class alone: its headers take longer to
/// compile than all commands.
class Arguments {
 public:
  enum class Need { kOptional, kRequired };
  /// What is wrong with a value; empty: nothing.
  using Check = std::function<std::string(const std::string& value)>;

  /// `usage` is how the help begins, without the arguments: `evmicro [flags] query`.
  Arguments(const std::string& summary, const std::string& usage);
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  ~Arguments();

  /// Replaces the summary in the help.
  void describe(const std::string& text);

  /// The next word. Its `name` in the help is in capitals: `SERVICE`.
  void addWord(const std::string& name, std::string& value, const std::string& help, Need need);
  /// All further words.
  void addWords(const std::string& name, std::vector<std::string>& values, const std::string& help);

  /// A flag without a value, `--json`: `given` runs when it is there.
  void addSwitch(const std::string& flag, std::function<void()> given, const std::string& help);
  /// A flag with a value; the help shows what `value` is now as the default, unless it is empty.
  void addFlag(const std::string& flag, const std::string& placeholder, std::string& value,
               const std::string& help);
  /// A flag with a number above zero.
  void addCount(const std::string& flag, std::size_t& count, const std::string& help);
  /// A flag with a number from `least` to `most`; the help shows the number as the default.
  void addNumber(const std::string& flag, const std::string& placeholder, int& number, int least,
                 int most, const std::string& help);
  /// A flag with one of `choices`.
  void addChoice(const std::string& flag, const std::vector<std::string>& choices,
                 std::string& value, const std::string& help);
  /// A flag with a value that may be repeated, `-H,--header`.
  void addList(const std::string& flag, const std::string& placeholder,
               std::vector<std::string>& values, const std::string& help, Check check);
  /// A flag of services, read from the environment as they do, too.
  void add(const detail::FlagSpec& flag);
  /// A flag that the help of a command does not show. What `apply` returns ends the parsing when it
  /// is an error.
  void addHidden(const std::string& flag, const std::string& placeholder,
                 std::function<Status(const std::string& value)> apply);

  /// The value of the flag `--name` may come from the environment, too: `MICRO_` and the name in
  /// capitals; if that is not set, from `alternative`. @pre it was added
  void readEnvironment(const std::string& name, const std::string& alternative = {});

  /// Reads the words behind the command's name and sets the variables. The text is the help if that
  /// was asked for, otherwise empty. kInvalid: what is wrong with the words.
  Result<std::string> parse(std::vector<std::string> words);

  /// What has been added, for the command `name`.
  CommandShape shape(const std::string& name) const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace evmicro::tool
