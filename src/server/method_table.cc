#include "server/method_table.h"

#include <algorithm>
#include <stdexcept>

namespace evmicro::detail {

namespace {

// The position of the dot between service and method; npos unless there is exactly one.
std::size_t dotOf(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == name.rfind('.') ? dot : std::string_view::npos;
}

// Where `Service.Method` begins in a name with a package; 0: it has none.
std::size_t afterPackage(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return 0;
  const std::size_t before = name.rfind('.', dot - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

// A method of a service that gRPC defines for all servers.
bool isStandard(std::string_view name) {
  return name.substr(0, 15) == "grpc.health.v1." || name.substr(0, 16) == "grpc.reflection.";
}

}  // namespace

std::optional<std::string> MethodTable::packageOf(std::string_view service) const {
  const std::string prefix = std::string(service) + ".";
  std::optional<std::string> package;
  for (auto method = methods_.lower_bound(prefix);
       method != methods_.end() && method->first.compare(0, prefix.size(), prefix) == 0; ++method) {
    package = method->second.package;
    if (!package->empty()) break;
  }
  return package;
}

void MethodTable::add(Method method) {
  last_ = nullptr;
  const std::string full = method.endpoint.name;
  if (isStandard(full)) {
    standard_.insert_or_assign(full, std::move(method));
    return;
  }
  const std::size_t start = afterPackage(full);
  const std::string name = full.substr(start);
  const std::size_t dot = dotOf(name);
  if (dot == std::string::npos || dot == 0 || dot + 1 == name.size() || full.front() == '.') {
    throw std::invalid_argument("evmicro: method name \"" + full +
                                "\" is not of the form Service.Method");
  }
  if (start > 0) method.package = full.substr(0, start - 1);
  method.endpoint.name = name;
  const std::string service = name.substr(0, dot);
  const std::string other = packageOf(service).value_or("");
  if (!other.empty() && !method.package.empty() && other != method.package) {
    throw std::invalid_argument("evmicro: method \"" + full + "\": there is a service " + service +
                                " in package " + other +
                                " already, and callers that send no package could not choose");
  }
  if (!methods_.try_emplace(name, std::move(method)).second) {
    throw std::invalid_argument("evmicro: method \"" + full + "\" is added twice");
  }
}

std::string_view MethodTable::nameOf(std::string_view path) const {
  const std::size_t start = afterPackage(path);
  return start == 0 || standard_.find(path) != standard_.end() ? path : path.substr(start);
}

const Method* MethodTable::at(std::string_view path) const {
  if (last_ && path == lastPath_) return last_;
  const Method* const method = find(nameOf(path)).method;
  if (method) {
    last_ = method;
    lastPath_ = path;
  }
  return method;
}

MethodTable::Found MethodTable::find(std::string_view name) const {
  if (const auto found = methods_.find(name); found != methods_.end()) {
    return {&found->second, {}};
  }
  const std::size_t dot = dotOf(name);
  if (dot == std::string_view::npos) {
    if (const auto found = standard_.find(name); found != standard_.end()) {
      return {&found->second, {}};
    }
    return {nullptr, "rpc: service/method request ill-formed: " + std::string(name)};
  }
  const bool serviceExists = packageOf(name.substr(0, dot)).has_value();
  return {nullptr, (serviceExists ? "rpc: can't find method " : "rpc: can't find service ") +
                       std::string(name)};
}

std::vector<Endpoint> MethodTable::endpoints() const {
  std::vector<Endpoint> endpoints;
  for (const auto& [name, method] : methods_) {
    if (method.announce == HandleOptions::Announce::kYes) endpoints.push_back(method.endpoint);
  }
  return endpoints;
}

}  // namespace evmicro::detail
