#pragma once

#include <string_view>
#include <vector>

#include <evmicro/export.h>
#include <evmicro/registry.h>
#include <evmicro/status.h>

// What a registry of your own must refuse, and how it puts what it answers.
namespace evmicro {

/// Whether every registry can take `service` and give it back: it needs a name, and nodes with an
/// id and an address; name and ids must be such that a path that ends in them stays as it is when
/// an HTTP server cleans it. kInvalid, with what is wrong.
EVMICRO_EXPORT Status checkAnnouncement(const ServiceInfo& service);
/// The same for what renews and takes back: ids are enough.
EVMICRO_EXPORT Status checkNodes(const ServiceInfo& service);

/// `service "x" not found: no healthy node registered`
EVMICRO_EXPORT Status serviceNotFound(std::string_view name);

/// Puts versions in order, and the nodes of each by id: two lists of the same are equal then.
EVMICRO_EXPORT void sortVersions(std::vector<ServiceInfo>& versions);

}  // namespace evmicro
