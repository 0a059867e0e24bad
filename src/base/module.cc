#include "base/module.h"

#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <dlfcn.h>
#include <unistd.h>

#include "base/module_folder.h"

namespace evmicro::detail {

namespace {

Status unusable(const ModuleName& name, const std::string& why) {
  return Status::internal(std::string(name.library) + " is needed, but " + why);
}

Status missing(const ModuleName& name, const std::vector<std::string>& folders) {
  std::string places;
  for (const std::string& folder : folders) places += (places.empty() ? "" : " or ") + folder;
  return unusable(name, std::string(name.file) + " is not in " + places +
                            ": install it (Debian: the package " + name.package + ")");
}

Result<const void*> open(const ModuleName& name, std::size_t size, const std::string& path) {
  // Never unloaded: callers keep pointers into it.
  void* const file = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  const void* const symbol = file ? ::dlsym(file, name.symbol) : nullptr;
  if (!symbol) {
    const char* const why = ::dlerror();
    return unusable(name, path + " cannot be loaded: " + (why ? why : "it is empty"));
  }
  const Module& module = *static_cast<const Module*>(symbol);
  if (module.version != std::string_view(EVMICRO_VERSION) || module.size != size) {
    return unusable(name, path + " belongs to evmicro " + module.version +
                              ", and the library is another build, " EVMICRO_VERSION
                              ": install both from one build");
  }
  return module.functions;
}

// The folder of this library as the linker knows it; empty if that name is relative.
std::string linkedFolder() {
  Dl_info info{};
  const bool known = ::dladdr(reinterpret_cast<const void*>(&linkedFolder), &info) != 0;
  const std::string path = known && info.dli_fname ? info.dli_fname : "";
  return path.substr(0, 1) == "/" ? path.substr(0, path.rfind('/')) : "";
}

// The folder of this library, as the kernel knows it: the linker's name for it may be relative to a
// working directory that has changed. Empty if this code is part of the program.
std::string libraryFolder() {
  const auto here = reinterpret_cast<std::uintptr_t>(&libraryFolder);
  std::ifstream maps("/proc/self/maps");
  if (!maps) return linkedFolder();
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR, &begin, &end) != 2) break;
    if (here < begin || here >= end) continue;
    const std::size_t start = line.find('/');
    if (start == std::string::npos) break;
    const std::string path = line.substr(start);
    std::error_code unknown;
    if (path == std::filesystem::read_symlink("/proc/self/exe", unknown)) break;
    return path.substr(0, path.rfind('/'));
  }
  return {};
}

}  // namespace

std::vector<std::string> moduleFolders() {
  std::vector<std::string> folders;
  const std::string own = libraryFolder();
  if (!own.empty()) folders = {own, own + "/" EVMICRO_MODULE_SUBFOLDER};
  const std::string installed = EVMICRO_MODULE_FOLDER;
  if (std::find(folders.begin(), folders.end(), installed) == folders.end()) {
    folders.push_back(installed);
  }
  return folders;
}

Result<const void*> loadModule(const ModuleName& name, std::size_t size,
                               const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    const std::string path = folder + "/" + name.file;
    if (::access(path.c_str(), F_OK) == 0) return open(name, size, path);
  }
  return missing(name, folders);
}

}  // namespace evmicro::detail
