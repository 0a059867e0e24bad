#pragma once

#include <set>
#include <string>

namespace google::protobuf {
class FileDescriptor;
class ServiceDescriptor;
}  // namespace google::protobuf

namespace evmicro::protoc {

/// False: `file` has names in the library's namespace, and `error` says which.
bool leavesOwnNamespace(const google::protobuf::FileDescriptor& file, std::string& error);

/// The C++ names of messages and enums in other messages, `Outer_Inner`, which `file` sees in its
/// package.
std::set<std::string> nestedNames(const google::protobuf::FileDescriptor& file);

/// Adds to `taken` the class that `service` would have in common with a service of another file.
/// False: neither of the files imports the other, so both would have it; `error` says it.
bool setApart(const google::protobuf::ServiceDescriptor& service, std::set<std::string>& taken,
              std::string& error);

/// `name`, followed by as many underscores as distinguish it from what else the package has, and
/// from `taken`, to which it is added.
std::string freeName(const google::protobuf::FileDescriptor& file, std::set<std::string>& taken,
                     std::string name);

}  // namespace evmicro::protoc
