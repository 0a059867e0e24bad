#include "service/suggestion.h"

#include <algorithm>
#include <numeric>

namespace evmicro::detail {

namespace {

constexpr std::size_t kSimilar = 3;

// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string didYouMean(std::string_view word, const std::vector<std::string>& known,
                       std::string_view prefix) {
  std::string_view nearest;
  std::size_t least = kSimilar + 1;
  for (const std::string& candidate : known) {
    const std::size_t length = distance(candidate, word);
    // A short word is similar only if more than half of it is equal.
    if (length < least && length < std::max(candidate.size(), word.size()) / 2 + 1) {
      least = length;
      nearest = candidate;
    }
  }
  if (nearest.empty()) return "";
  return ": did you mean " + std::string(prefix) + std::string(nearest) + "?";
}

}  // namespace evmicro::detail
