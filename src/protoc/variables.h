#pragma once

#include <map>
#include <string>

#include "protoc/model.h"

namespace evmicro::protoc {

/// The variables between `$` in the templates, for Printer::Print.
using Variables = std::map<std::string, std::string>;

/// The variables of every method: $name$, $wire$, $Q$ and $R$ (request and response), $deprecated$.
Variables variablesOf(const Method& method);

}  // namespace evmicro::protoc
