#pragma once

#include <string>

#include "dashboard/catalog.h"
#include "dashboard/scraper.h"

namespace evmicro::dashboard {

/// What the pages show, as JSON.

/// All services: name, versions, numbers of nodes and endpoints, current calls per second, errors
/// and latency.
std::string servicesView(const Catalog& catalog, const Scraper& scraper);

/// One service: its versions as in the registry, the state of each node, methods, history.
std::string serviceView(const std::string& name, const Catalog& catalog, const Scraper& scraper);

/// Who calls whom: the services and, for each pair, the calls per second.
std::string mapView(const Catalog& catalog, const Scraper& scraper);

/// The topics that have subscribers in the registry.
std::string topicsView(const Catalog& catalog, const std::string& brokerName);

}  // namespace evmicro::dashboard
