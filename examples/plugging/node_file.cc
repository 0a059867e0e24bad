#include "node_file.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include <evmicro/service_json.h>

#include "file_lock.h"

using namespace evmicro;

namespace {

long long now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

}  // namespace

NodeFile::Entries NodeFile::load() const {
  Entries entries;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Entry entry;
    std::string json;
    std::getline(words >> entry.ttl >> entry.deadline, json);
    Result<ServiceInfo> service = serviceFromJson(json);
    if (!service.ok() || service->nodes.size() != 1) continue;  // a malformed line
    if (entry.deadline != 0 && entry.deadline <= now()) continue;
    entry.service = std::move(*service);
    entries[entry.service.nodes[0].id] = std::move(entry);
  }
  return entries;
}

std::map<std::string, ServiceInfo> NodeFile::read() const {
  std::map<std::string, ServiceInfo> services;
  for (auto& [id, entry] : load()) services[id] = entry.service;
  return services;
}

Status NodeFile::change(const std::function<Status(Entries& entries)>& edit) const {
  const FileLock lock(path_ + ".lock");
  if (!lock.held()) return Status::unavailable("cannot lock " + path_);
  Entries entries = load();
  if (Status status = edit(entries); !status.ok()) return status;
  const std::string next = path_ + ".new";
  std::ofstream file(next);
  for (const auto& [id, entry] : entries) {
    file << entry.ttl << " " << entry.deadline << " " << toJson(entry.service) << "\n";
  }
  file.close();
  if (file && std::rename(next.c_str(), path_.c_str()) == 0) return {};
  return Status::unavailable("cannot write " + path_);
}

Status NodeFile::put(const ServiceInfo& service, std::chrono::milliseconds ttl) const {
  return change([&](Entries& entries) {
    for (const Node& node : service.nodes) {
      Entry& entry =
          entries[node.id] = {service, ttl.count(), ttl.count() ? now() + ttl.count() : 0};
      entry.service.nodes = {node};
    }
    return Status();
  });
}

Status NodeFile::renew(const ServiceInfo& service) const {
  return change([&](Entries& entries) {
    for (const Node& node : service.nodes) {
      const auto found = entries.find(node.id);
      if (found == entries.end() || found->second.ttl == 0) {
        return Status::notFound("node " + node.id + " is not registered with a TTL");
      }
      found->second.deadline = now() + found->second.ttl;
    }
    return Status();
  });
}

Status NodeFile::remove(const ServiceInfo& service) const {
  return change([&](Entries& entries) {
    for (const Node& node : service.nodes) entries.erase(node.id);
    return Status();
  });
}
