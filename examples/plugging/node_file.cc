#include "node_file.h"

#include <cstdio>
#include <fstream>
#include <map>

using namespace evmicro;

namespace {

using Services = std::map<std::string, std::map<std::string, ServiceInfo>>;  // by name and version

Services read(const std::string& path) {
  Services services;
  std::ifstream file(path);
  std::string name;
  std::string version;
  for (Node node; file >> name >> version >> node.id >> node.address >> node.port;) {
    ServiceInfo& info = services[name][version];
    info.name = name;
    info.version = version;
    info.nodes.push_back(node);
  }
  return services;
}

std::string lineOf(const ServiceInfo& service, const Node& node) {
  return service.name + " " + service.version + " " + node.id + " " + node.address + " " +
         std::to_string(node.port) + "\n";
}

}  // namespace

std::vector<ServiceInfo> NodeFile::versionsOf(const std::string& name) const {
  std::vector<ServiceInfo> versions;
  Services services = read(path_);
  for (const auto& [version, info] : services[name]) versions.push_back(info);
  return versions;
}

std::vector<std::string> NodeFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, versions] : read(path_)) names.push_back(name);
  return names;
}

Status NodeFile::replace(const ServiceInfo& service, const std::vector<Node>& nodes) const {
  std::map<std::string, std::string> lines;  // by id
  for (const auto& [name, versions] : read(path_)) {
    for (const auto& [version, info] : versions) {
      for (const Node& node : info.nodes) lines[node.id] = lineOf(info, node);
    }
  }
  for (const Node& node : service.nodes) lines.erase(node.id);
  for (const Node& node : nodes) lines[node.id] = lineOf(service, node);
  const std::string next = path_ + ".new";
  std::ofstream file(next);
  for (const auto& [id, line] : lines) file << line;
  file.close();
  if (file && std::rename(next.c_str(), path_.c_str()) == 0) return {};
  return Status::unavailable("registry: cannot write " + path_);
}
