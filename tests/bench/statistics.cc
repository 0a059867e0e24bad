#include "bench/statistics.h"

#include <algorithm>
#include <cstddef>

namespace evmicro::bench {

Spread spread(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

Spread ratios(const std::vector<double>& values, const std::vector<double>& base) {
  std::vector<double> quotients;
  for (std::size_t i = 0; i < values.size() && i < base.size(); ++i) {
    quotients.push_back(values[i] / base[i]);
  }
  return spread(std::move(quotients));
}

}  // namespace evmicro::bench
