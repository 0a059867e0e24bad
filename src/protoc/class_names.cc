#include "protoc/class_names.h"

#include <algorithm>

#include <google/protobuf/descriptor.h>

namespace evmicro::protoc {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::ServiceDescriptor;
using Files = std::set<const FileDescriptor*>;

std::string inPackage(const FileDescriptor& file, const std::string& name) {
  return file.package().empty() ? name : file.package() + "." + name;
}

void addImports(const FileDescriptor& file, Files& found) {
  for (int i = 0; i < file.dependency_count(); ++i) {
    if (found.insert(file.dependency(i)).second) addImports(*file.dependency(i), found);
  }
}

bool imports(const FileDescriptor& file, const FileDescriptor& other) {
  Files all;
  addImports(file, all);
  return all.count(&other) > 0;
}

// The C++ classes of messages and enums in other messages: `Outer_Inner`.
void addNested(const Descriptor& outer, const std::string& name, std::set<std::string>& names) {
  for (int i = 0; i < outer.enum_type_count(); ++i) {
    names.insert(name + "_" + outer.enum_type(i)->name());
  }
  for (int i = 0; i < outer.nested_type_count(); ++i) {
    const Descriptor& inner = *outer.nested_type(i);
    names.insert(name + "_" + inner.name());
    addNested(inner, name + "_" + inner.name(), names);
  }
}

// FooAsyncHandler is a class of Foo, and one of FooAsync. In one file the later service gets
// another name; of two files, the one that imports the other.
bool separate(const ServiceDescriptor& service, const std::string& twin, const std::string& handler,
              std::set<std::string>& taken, std::string& error) {
  const FileDescriptor& file = *service.file();
  const ServiceDescriptor* const other = file.pool()->FindServiceByName(inPackage(file, twin));
  if (!other || other->file() == &file || imports(*other->file(), file)) return true;
  taken.insert(handler);
  if (imports(file, *other->file())) return true;
  error = handler + " is also a class of service " + twin + " in " + other->file()->name() +
          ": rename one of them, or define both in one file";
  return false;
}

}  // namespace

bool leavesOwnNamespace(const FileDescriptor& file, std::string& error) {
  if (file.package() == "evmicro") {
    error = "package evmicro is the library's own namespace: give the package another name";
    return false;
  }
  const std::string name = "evmicro";
  const FileDescriptor* const own = file.pool()->FindFileContainingSymbol(name);
  // A service has no class of its own name.
  if (own && own->package().empty() && !own->pool()->FindServiceByName(name)) {
    error = own->name() +
            " has something called evmicro outside of a package, which is the library's own "
            "namespace: rename it";
    return false;
  }
  return true;
}

std::set<std::string> nestedNames(const FileDescriptor& file) {
  Files files{&file};
  addImports(file, files);
  std::set<std::string> names;
  for (const FileDescriptor* const each : files) {
    if (each->package() != file.package()) continue;
    for (int i = 0; i < each->message_type_count(); ++i) {
      addNested(*each->message_type(i), each->message_type(i)->name(), names);
    }
  }
  return names;
}

bool setApart(const ServiceDescriptor& service, std::set<std::string>& taken, std::string& error) {
  const std::string async = "Async";
  const std::string& name = service.name();
  if (!separate(service, name + async, name + "AsyncHandler", taken, error)) return false;
  const std::size_t rest = name.size() - std::min(name.size(), async.size());
  return name.substr(rest) != async ||
         separate(service, name.substr(0, rest), name + "Handler", taken, error);
}

std::string freeName(const FileDescriptor& file, std::set<std::string>& taken, std::string name) {
  const auto exists = [&] { return file.pool()->FindFileContainingSymbol(inPackage(file, name)); };
  while (exists() || !taken.insert(name).second) name += '_';
  return name;
}

}  // namespace evmicro::protoc
