#pragma once

#include <vector>

#include <evmicro/web_files.h>

namespace geo {

/// The files of the page, which are part of the program; generated from pages/.
std::vector<evmicro::WebAsset> assets();

}  // namespace geo
