#include <evmicro/service.h>

namespace evmicro {

ServiceOptions::ServiceOptions() = default;
ServiceOptions::ServiceOptions(const ServiceOptions& other) = default;
ServiceOptions::ServiceOptions(ServiceOptions&& other) noexcept = default;
ServiceOptions& ServiceOptions::operator=(const ServiceOptions& other) = default;
ServiceOptions& ServiceOptions::operator=(ServiceOptions&& other) noexcept = default;
ServiceOptions::~ServiceOptions() = default;

}  // namespace evmicro
