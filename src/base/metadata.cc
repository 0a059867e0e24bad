#include <evmicro/metadata.h>

#include <array>
#include <cstring>

namespace evmicro {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

// The canonical form of a character at the beginning of a word, and elsewhere; 0: not allowed in a
// token.
struct Canonical {
  std::array<char, 256> first{};
  std::array<char, 256> later{};
};

constexpr Canonical makeCanonical() {
  Canonical canonical;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    canonical.first[static_cast<unsigned char>(c)] = upper(c);
    canonical.later[static_cast<unsigned char>(c)] = lower(c);
  }
  return canonical;
}

constexpr Canonical kCanonical = makeCanonical();

// Of two names of the same length.
bool sameName(std::string_view a, std::string_view b) {
  if (std::memcmp(a.data(), b.data(), a.size()) == 0) return true;  // usually canonical
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

bool Metadata::canonicalise(char* name, std::size_t size) noexcept {
  const std::array<char, 256>* table = &kCanonical.first;
  for (char* const end = name + size; name != end; ++name) {
    const char c = (*table)[static_cast<unsigned char>(*name)];
    if (c == 0) return false;
    *name = c;
    table = c == '-' ? &kCanonical.first : &kCanonical.later;
  }
  return true;
}

std::string canonicalHeaderName(std::string_view name) {
  Metadata one;
  one.addFirst(name, {});
  return std::string((*one.begin()).name);
}

char* Metadata::startHead(std::string_view lines) {
  entries_.clear();
  if (entries_.capacity() == 0) entries_.reserve(8);
  text_.assign(lines);
  return text_.data();
}

void Metadata::addFromHead(std::string_view name, std::string_view value) {
  const auto offset = [this](std::string_view part) {
    return static_cast<std::uint32_t>(part.data() - text_.data());
  };
  entries_.push_back({offset(name), static_cast<std::uint32_t>(name.size()), offset(value),
                      static_cast<std::uint32_t>(value.size())});
}

Metadata::Metadata(std::initializer_list<std::pair<std::string_view, std::string_view>> entries) {
  for (const auto& [name, value] : entries) set(name, value);
}

void Metadata::clear() noexcept {
  text_.clear();
  entries_.clear();
}

Metadata::Entry Metadata::at(std::size_t index) const noexcept {
  const Slot& slot = entries_[index];
  return {{text_.data() + slot.nameOffset, slot.nameSize},
          {text_.data() + slot.valueOffset, slot.valueSize}};
}

const Metadata::Slot* Metadata::find(std::string_view name) const noexcept {
  for (const Slot& slot : entries_) {
    if (slot.nameSize == name.size() &&
        sameName({text_.data() + slot.nameOffset, slot.nameSize}, name)) {
      return &slot;
    }
  }
  return nullptr;
}

std::optional<std::string_view> Metadata::get(std::string_view name) const noexcept {
  const Slot* slot = find(name);
  if (!slot) return std::nullopt;
  return std::string_view(text_.data() + slot->valueOffset, slot->valueSize);
}

void Metadata::append(std::string_view name, std::string_view value) {
  const bool ours =
      !text_.empty() && name.data() >= text_.data() && name.data() < text_.data() + text_.size();
  const bool ourValue =
      !text_.empty() && value.data() >= text_.data() && value.data() < text_.data() + text_.size();
  if (ours || ourValue) {  // the text may be reallocated
    const std::string nameCopy(name);
    const std::string valueCopy(value);
    append(nameCopy, valueCopy);
    return;
  }
  if (entries_.capacity() == 0) {  // enough for the headers of an ordinary message
    entries_.reserve(8);
    text_.reserve(256);
  }
  Slot slot{};
  slot.nameOffset = static_cast<std::uint32_t>(text_.size());
  text_.append(name);
  if (!canonicalise(text_.data() + slot.nameOffset, name.size())) {
    text_.replace(slot.nameOffset, name.size(), name);  // not a token: stays as it is
  }
  slot.nameSize = static_cast<std::uint32_t>(text_.size()) - slot.nameOffset;
  slot.valueOffset = static_cast<std::uint32_t>(text_.size());
  slot.valueSize = static_cast<std::uint32_t>(value.size());
  text_.append(value);
  entries_.push_back(slot);
}

bool Metadata::addFirst(std::string_view name, std::string_view value) {
  if (find(name)) return false;
  append(name, value);
  return true;
}

void Metadata::set(std::string_view name, std::string_view value) {
  const Slot* slot = find(name);
  if (!slot) {
    append(name, value);
    return;
  }
  if (value.size() <= slot->valueSize) {  // replaced in place, even if it is a part of the old
                                          // value
    const auto index = static_cast<std::size_t>(slot - entries_.data());
    const std::string copy(value);
    text_.replace(slot->valueOffset, copy.size(), copy);
    entries_[index].valueSize = static_cast<std::uint32_t>(copy.size());
    return;
  }
  const auto index = static_cast<std::size_t>(slot - entries_.data());
  const std::string copy(value);
  entries_[index].valueOffset = static_cast<std::uint32_t>(text_.size());
  entries_[index].valueSize = static_cast<std::uint32_t>(copy.size());
  text_.append(copy);
}

void Metadata::remove(std::string_view name) {
  if (const Slot* slot = find(name)) {
    entries_.erase(entries_.begin() + (slot - entries_.data()));
  }
}

void Metadata::merge(const Metadata& other) {
  for (const Entry& entry : other) set(entry.name, entry.value);
}

Metadata::const_iterator Metadata::begin() const noexcept { return {*this, 0}; }
Metadata::const_iterator Metadata::end() const noexcept { return {*this, entries_.size()}; }

bool operator==(const Metadata& a, const Metadata& b) noexcept {
  if (a.size() != b.size()) return false;
  for (const Metadata::Entry& entry : a) {
    const auto other = b.get(entry.name);
    if (!other || *other != entry.value) return false;
  }
  return true;
}

}  // namespace evmicro
