#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace evmicro::detail {

/// Counts calls by the service that they come from. Names are given by peers, so there are at most
/// `kMost` of them; the calls of all others count together.
class Callers {
 public:
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kLongestName = 128;
  static constexpr std::string_view kOther = "other";

  /// The counter of `name`, valid as long as this object. An empty name is that of callers that do
  /// not give theirs.
  std::uint64_t& counter(std::string_view name) {
    if (const auto place = counts_.find(name); place != counts_.end()) return place->second;
    // One that is called so must not make a second series of this name.
    if (counts_.size() >= kMost || name.size() > kLongestName || name == kOther) return others_;
    return counts_[std::string(name)];
  }

  const std::map<std::string, std::uint64_t, std::less<>>& counts() const noexcept {
    return counts_;
  }
  std::uint64_t others() const noexcept { return others_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::uint64_t others_ = 0;
};

}  // namespace evmicro::detail
