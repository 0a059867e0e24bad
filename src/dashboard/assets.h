#pragma once

#include <vector>

#include <evmicro/web_files.h>

namespace evmicro::dashboard {

/// The files of the pages, which are part of the program; generated from src/dashboard/pages.
std::vector<WebAsset> assets();

}  // namespace evmicro::dashboard
