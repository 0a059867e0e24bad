#pragma once

#include <vector>

namespace evmicro::bench {

struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

/// All zero when there are no values.
Spread spread(std::vector<double> values);

/// Of `value[i] / base[i]`: values of one round stand side by side, whatever the machine did in the
/// others. Empty `base`: all zero.
Spread ratios(const std::vector<double>& values, const std::vector<double>& base);

}  // namespace evmicro::bench
