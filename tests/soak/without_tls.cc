// TlsFiles of a build without TLS.
#include "soak/tls_files.h"

namespace evmicro::soak {

struct TlsFiles::Files {};

TlsFiles::TlsFiles() = default;
TlsFiles::~TlsFiles() = default;
std::vector<std::string> TlsFiles::serverFlags() const { return {}; }
std::string TlsFiles::caFile() const { return {}; }

}  // namespace evmicro::soak
