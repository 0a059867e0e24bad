#pragma once

#include <evmicro/registry.h>

namespace evmicro::detail {

/// Whether every registry can take `service` and give it back: it needs a name, and nodes with an
/// id and an address; name and ids must be such that a path that ends in them stays as it is when
/// an HTTP server cleans it. kInvalid, with what is wrong.
Status checkAnnouncement(const ServiceInfo& service);
/// The same for what renews and takes back: ids are enough.
Status checkNodes(const ServiceInfo& service);

/// `service "x" not found: no healthy node registered`
Status serviceNotFound(std::string_view name);

/// Puts versions in order, and the nodes of each by id: two lists of the same are equal then.
void sortVersions(std::vector<ServiceInfo>& versions);

}  // namespace evmicro::detail
