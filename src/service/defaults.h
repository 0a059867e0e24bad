#pragma once

#include <memory>
#include <string>
#include <vector>

#include <evmicro/broker.h>
#include <evmicro/registry.h>
#include <evmicro/selector.h>
#include <evmicro/service.h>
#include <evmicro/service_view.h>
#include <evmicro/transport.h>

namespace evmicro::detail {

/// The only place that knows the implementations by their names. Each function returns null for an
/// unknown name.
std::vector<std::string> registryNames();
std::vector<std::string> transportNames();
std::vector<std::string> brokerNames();
std::vector<std::string> selectorNames();
std::vector<std::string> logLevelNames();

/// Loads the libraries that the chosen parts will need, so that a missing one is an error of the
/// start and not of the first request.
Status loadLibraries(const ServiceOptions& options);

/// A registry whose address is malformed would never be reached, and the service try for ever.
Status checkRegistryAddresses(const ServiceOptions& options);

std::unique_ptr<Registry> makeRegistry(EventLoop& loop, const ServiceOptions& options);
ServiceViewOptions viewOptions(const ServiceOptions& options);
std::unique_ptr<Transport> makeTransport(EventLoop& loop, const ServiceOptions& options);
std::unique_ptr<Broker> makeBroker(EventLoop& loop, Registry& registry, ServiceView& view,
                                   const ServiceOptions& options);
std::unique_ptr<Selector> makeSelector(ServiceView& view, const ServiceOptions& options);

}  // namespace evmicro::detail
