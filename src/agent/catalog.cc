#include "agent/catalog.h"

#include <algorithm>
#include <tuple>

namespace evmicro::detail {

namespace {

constexpr std::array<std::string_view, 3> kHealthTexts = {"passing", "warning", "critical"};

char fold(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view healthText(Health health) noexcept {
  return kHealthTexts[static_cast<std::size_t>(health)];
}

std::optional<Health> parseHealth(std::string_view text) noexcept {
  for (const Health health : {Health::kPassing, Health::kWarning, Health::kCritical}) {
    if (text == healthText(health)) return health;
  }
  return std::nullopt;
}

std::string foldCase(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), fold);
  return folded;
}

bool FoldedLess::operator()(const std::string& a, const std::string& b) const noexcept {
  const auto less = [](char x, char y) {
    return static_cast<unsigned char>(fold(x)) < static_cast<unsigned char>(fold(y));
  };
  if (std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less)) return true;
  if (std::lexicographical_compare(b.begin(), b.end(), a.begin(), a.end(), less)) return false;
  return a < b;
}

bool TaggedAddress::operator==(const TaggedAddress& other) const {
  return address == other.address && port == other.port;
}

bool ServiceInstance::operator==(const ServiceInstance& other) const {
  const auto all = [](const ServiceInstance& s) {
    return std::tie(s.id, s.name, s.tags, s.meta, s.address, s.port, s.taggedAddresses,
                    s.passingWeight, s.warningWeight, s.enableTagOverride);
  };
  return all(*this) == all(other);
}

}  // namespace evmicro::detail
