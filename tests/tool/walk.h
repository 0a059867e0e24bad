#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temporary_folder.h"

namespace evmicro::test {

/// The commands of a README, run as they stand there: those that end in ` &` keep running, the
/// others must succeed, and print what stands behind them (`curl ...  # {}`). Only the ports are
/// others. The commands run in a build folder: `./evmicro`, `examples/...`; what they write goes
/// with this object.
class Walk {
 public:
  /// `environment`: as ProcessOptions::environment.
  explicit Walk(std::vector<std::string> environment = {});

  /// The lines of the plain code blocks below `heading` in `file`, a path below the sources; a line
  /// that ends in a backslash goes on in the next one.
  static std::vector<std::string> commandsBelow(const std::string& file,
                                                const std::string& heading);

  /// The first commands of `file` that are indented, as for one who is in the folder of the
  /// sources, and what the last of them prints: the next such block, below the line "prints".
  struct Printing {
    std::vector<std::string> commands;
    std::string output;
  };
  static Printing firstIn(const std::string& file);

  /// What `command` prints, which must succeed.
  std::string outputOf(const std::string& command);
  void run(const std::vector<std::string>& commands);
  /// Ends what is running, in the reverse order, and checks that it ends well.
  void end();

  std::size_t running() const noexcept { return started_.size(); }
  /// How many commands had to print something.
  std::size_t compared() const noexcept { return compared_; }

 private:
  ProcessOptions options() const;
  std::string here(std::string command) const;
  void start(std::string command);
  void runOne(const std::string& line);

  TemporaryFolder folder_;
  const std::vector<std::string> environment_;
  std::string registry_;
  std::map<std::string, std::string> addresses_;  // those of the README, and those that they are
  std::vector<std::unique_ptr<Process>> started_;
  std::size_t compared_ = 0;
};

}  // namespace evmicro::test
