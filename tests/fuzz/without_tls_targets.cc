// A build without TLS reads none.
#include "fuzz/target.h"

namespace evmicro::fuzz {

void readTlsConnection(std::string_view /*bytes*/) {}

}  // namespace evmicro::fuzz
