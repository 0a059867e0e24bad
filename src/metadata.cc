#include <evmicro/metadata.h>

#include <array>

namespace evmicro {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

// What becomes of a character in a name, at its beginning and behind it; 0: no token may have it.
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

bool sameName(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

void appendCanonical(std::string& out, std::string_view name) {
  const std::size_t start = out.size();
  out.append(name);
  const std::array<char, 256>* table = &kCanonical.first;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = (*table)[static_cast<unsigned char>(name[i])];
    if (c == 0) {  // not a token: stays as it is
      out.replace(start, name.size(), name);
      return;
    }
    out[start + i] = c;
    table = c == '-' ? &kCanonical.first : &kCanonical.later;
  }
}

}  // namespace

std::string canonicalHeaderName(std::string_view name) {
  std::string canonical;
  appendCanonical(canonical, name);
  return canonical;
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
  const std::string_view text = text_;
  return {text.substr(slot.nameOffset, slot.nameSize),
          text.substr(slot.valueOffset, slot.valueSize)};
}

const Metadata::Slot* Metadata::find(std::string_view name) const noexcept {
  const std::string_view text = text_;
  for (const Slot& slot : entries_) {
    if (sameName(text.substr(slot.nameOffset, slot.nameSize), name)) return &slot;
  }
  return nullptr;
}

std::optional<std::string_view> Metadata::get(std::string_view name) const noexcept {
  const Slot* slot = find(name);
  if (!slot) return std::nullopt;
  return std::string_view(text_).substr(slot->valueOffset, slot->valueSize);
}

void Metadata::append(std::string_view name, std::string_view value) {
  const bool ours =
      !text_.empty() && name.data() >= text_.data() && name.data() < text_.data() + text_.size();
  const bool ourValue =
      !text_.empty() && value.data() >= text_.data() && value.data() < text_.data() + text_.size();
  if (ours || ourValue) {  // the text may move while it grows
    const std::string nameCopy(name);
    const std::string valueCopy(value);
    append(nameCopy, valueCopy);
    return;
  }
  if (entries_.capacity() == 0) {  // at once what the headers of an ordinary message need
    entries_.reserve(8);
    text_.reserve(256);
  }
  Slot slot{};
  slot.nameOffset = static_cast<std::uint32_t>(text_.size());
  appendCanonical(text_, name);
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
  if (value.size() <= slot->valueSize) {  // replaced in place, also when it is a part of the old
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
