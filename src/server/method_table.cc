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

}  // namespace

void MethodTable::add(Method method) {
  const std::string name = method.endpoint.name;
  const std::size_t dot = dotOf(name);
  if (dot == std::string::npos || dot == 0 || dot + 1 == name.size()) {
    throw std::invalid_argument("evmicro: method name \"" + name +
                                "\" is not of the form Service.Method");
  }
  if (!methods_.try_emplace(name, std::move(method)).second) {
    throw std::invalid_argument("evmicro: method \"" + name + "\" is added twice");
  }
}

MethodTable::Found MethodTable::find(std::string_view name) const {
  if (const auto found = methods_.find(name); found != methods_.end()) {
    return {&found->second, {}};
  }
  const std::size_t dot = dotOf(name);
  if (dot == std::string_view::npos) {
    return {nullptr, "rpc: service/method request ill-formed: " + std::string(name)};
  }
  const std::string_view prefix = name.substr(0, dot + 1);
  const auto next = methods_.lower_bound(prefix);
  const bool serviceExists =
      next != methods_.end() && std::string_view(next->first).substr(0, dot + 1) == prefix;
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
