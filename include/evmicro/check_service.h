#pragma once

#include <string_view>
#include <vector>

#include <evmicro/export.h>
#include <evmicro/registry.h>
#include <evmicro/status.h>

// For implementations of Registry: what to refuse, and the form of answers.
namespace evmicro {

/// Checks whether every registry can store `service` and return it unchanged: it needs a name, and
/// nodes with an id and an address; the name and the ids must survive path cleaning by an HTTP
/// server (`/x/<name>` must not change). kInvalid says what is wrong.
EVMICRO_EXPORT Status checkAnnouncement(const ServiceInfo& service);
/// The same for renewing and deregistering: the nodes only need their ids.
EVMICRO_EXPORT Status checkNodes(const ServiceInfo& service);

/// `service "x" not found: no healthy node registered`
EVMICRO_EXPORT Status serviceNotFound(std::string_view name);

/// Sorts by version, and the nodes of each version by id, so that equal content compares equal.
EVMICRO_EXPORT void sortVersions(std::vector<ServiceInfo>& versions);

}  // namespace evmicro
