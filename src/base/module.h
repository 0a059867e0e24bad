#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/status.h>
#include <evmicro/version.h>

/// A member of a table of functions: named as the function `name`, with its address as default
/// value.
#define EVMICRO_MODULE_FUNCTION(name) decltype(&::name) name = &::name

/// Libraries that only some programs use (libcurl, libnats, log4cplus) are not dependencies of
/// ours: a process loads them when it needs them. A module is a small shared library that is linked
/// with such a library, and exports a table of the functions that we call. Modules do not refer to
/// us, so it does not matter whether we are a shared library or linked into the program. Programs
/// may also be linked with a module; then nothing is loaded.
namespace evmicro::detail {

/// What a module exports, and how it is found.
struct Module {
  const char* version;    ///< of evmicro
  std::size_t size;       ///< of the table
  const void* functions;  ///< the table
};

struct ModuleName {
  const char* library;  ///< which it brings
  const char* file;
  const char* symbol;   ///< of its Module
  const char* package;  ///< the Debian package that has the file
};

/// For the source of a module: `functions` is static.
template <typename Functions>
constexpr Module moduleOf(const Functions& functions) noexcept {
  return {EVMICRO_VERSION, sizeof(Functions), &functions};
}

/// The folders in which modules are looked for, in order: that of this library, when it is a shared
/// one (as in a build folder), the one below it (as in an installation that has been moved), and
/// that of the installation. Never the working directory.
std::vector<std::string> moduleFolders();

/// Loads the module and checks that it belongs to us; `size` is that of the table. The first file
/// of its name decides. An error (kInternal) says what is missing, where, and what to do.
Result<const void*> loadModule(const ModuleName& name, std::size_t size,
                               const std::vector<std::string>& folders);

/// The functions of one module, for a static object. Thread-safe: if several threads load it, all
/// get the same table. A module that has been loaded stays.
template <typename Functions>
class LoadedModule {
 public:
  constexpr explicit LoadedModule(ModuleName name) noexcept : name_(name) {}

  /// Loads it, unless that has been done. `linked` is null if the program has not been linked with
  /// the module. After an error the next call tries again.
  Status load(const Module* linked) {
    if (functions_.load(std::memory_order_acquire)) return {};
    const void* found = linked ? linked->functions : nullptr;
    if (!linked) {
      Result<const void*> loaded = loadModule(name_, sizeof(Functions), moduleFolders());
      if (!loaded.ok()) return std::move(loaded).status();
      found = *loaded;
    }
    functions_.store(static_cast<const Functions*>(found), std::memory_order_release);
    return {};
  }

  /// @pre load() has succeeded.
  const Functions& functions() const noexcept {
    return *functions_.load(std::memory_order_acquire);
  }

 private:
  const ModuleName name_;
  std::atomic<const Functions*> functions_{nullptr};
};

/// An owner of a C object that is released by a function of a module: `Table` is the function that
/// gives the table, `Release` the member.
template <auto Table, auto Release>
struct ReleaseByModule {
  template <typename T>
  void operator()(T* object) const noexcept {
    (Table().*Release)(object);
  }
};
template <typename T, auto Table, auto Release>
using ModuleHandle = std::unique_ptr<T, ReleaseByModule<Table, Release>>;

}  // namespace evmicro::detail
