#pragma once

#include <cstddef>
#include <optional>
#include <random>

#include <evmicro/selector.h>
#include <evmicro/service_view.h>

namespace evmicro::detail {

/// The nodes of a snapshot, by index, and which of them may be chosen.
class Candidates {
 public:
  enum class Tried { kExcluded, kAllowed };

  Candidates(const ServiceSnapshot& known, const SelectCriteria& criteria, Tried tried)
      : known_(known), criteria_(criteria), tried_(tried) {}

  std::size_t size() const noexcept { return known_.nodes.size(); }
  const Node& node(std::size_t place) const noexcept { return *known_.nodes[place].node; }
  /// Very cheap if there are no filters.
  bool allows(std::size_t place) const;

 private:
  const ServiceSnapshot& known_;
  const SelectCriteria& criteria_;
  const Tried tried_;
};

/// A random number below `size` that `allowed` accepts, all with equal probability; nullopt if
/// there is none. Guesses first, because there may be thousands and usually nearly all are allowed.
template <typename Allowed>
std::optional<std::size_t> anyOf(std::size_t size, std::minstd_rand& random,
                                 const Allowed& allowed) {
  constexpr int kGuesses = 8;
  const auto below = [&random](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  for (int i = 0; size > 0 && i < kGuesses; ++i) {
    const std::size_t guess = below(size);
    if (allowed(guess)) return guess;
  }
  std::optional<std::size_t> chosen;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (allowed(i) && below(++seen) == 0) chosen = i;
  }
  return chosen;
}

/// A random generator as SelectorOptions has it.
inline std::minstd_rand randomOf(const SelectorOptions& options) {
  return std::minstd_rand(options.seed ? *options.seed : std::random_device{}());
}

}  // namespace evmicro::detail
