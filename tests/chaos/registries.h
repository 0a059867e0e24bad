#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evmicro::chaos {

/// A real registry, and functions that make it fail. They block until the fault has happened.
class FaultyRegistry {
 public:
  virtual ~FaultyRegistry() = default;

  virtual std::string name() const = 0;
  /// `127.0.0.1:port`; the same after a restart.
  virtual std::string address() const = 0;

  /// Kills it; its data stay.
  virtual void kill() = 0;
  /// @pre killed
  virtual void start() = 0;
  /// Deletes its data. @pre killed
  virtual void forget() = 0;
  /// Keeps a copy of its data, and puts it back. @pre killed
  virtual void save() = 0;
  virtual void restore() = 0;
  /// Freezes it: connections stay, nothing answers.
  virtual void freeze() = 0;
  virtual void thaw() = 0;
  /// Removes all services while it runs.
  virtual void wipe() = 0;
};

std::vector<std::string> registryNames();
/// Starts one. Throws for a name that is not among registryNames(); skips the case (skip.h) when
/// its program is not there.
std::unique_ptr<FaultyRegistry> makeRegistry(std::string_view name);

}  // namespace evmicro::chaos
