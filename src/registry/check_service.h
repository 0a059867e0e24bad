#pragma once

#include <evmicro/registry.h>

namespace evmicro::detail {

/// Whether every registry can take `service`: it needs a name, and nodes with an id and an address.
/// kInvalid, with what is missing.
Status checkAnnouncement(const ServiceInfo& service);
/// The same for what renews and takes back: ids are enough.
Status checkNodes(const ServiceInfo& service);

/// `service "x" not found: no healthy node registered`
Status serviceNotFound(std::string_view name);

/// Puts versions in order, and the nodes of each by id: two lists of the same are equal then.
void sortVersions(std::vector<ServiceInfo>& versions);

}  // namespace evmicro::detail
