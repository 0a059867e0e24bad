#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/export.h>

namespace evmicro {

namespace detail {
class HttpHeadParser;
}

/// The headers of a message, or the metadata of a Context.
///
/// Names are case-insensitive and stored in Go's canonical form (`x-user-id` becomes `X-User-Id`; a
/// name that is not an HTTP token stays as it is). The order of insertion is kept. All text is in
/// one flat buffer: two allocations per message however many headers it has, none when the object
/// is reused.
class EVMICRO_EXPORT Metadata {
 public:
  /// One header, valid until the metadata changes.
  struct Entry {
    std::string_view name;   ///< as Go writes it: `X-User-Id`
    std::string_view value;  ///< as it was sent
  };
  class const_iterator;

  Metadata() = default;
  /// As if by set() for each of them.
  Metadata(std::initializer_list<std::pair<std::string_view, std::string_view>> entries);

  /// How many headers there are.
  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }
  /// Removes all entries and keeps the memory.
  void clear() noexcept;

  /// The value of `name`. The view is valid until the next change.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept { return get(name).has_value(); }
  /// Sets `name` to `value`, replacing an earlier value. The views may point into this object.
  void set(std::string_view name, std::string_view value);
  /// Adds `name` unless it is present: of repeated headers the first counts, as in Go. Returns
  /// whether it was added.
  bool addFirst(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  /// Removes each entry for which `unwanted` returns true. Views of the earlier content stay valid
  /// until the next change.
  template <typename Predicate>
  void removeIf(Predicate unwanted) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (!unwanted(at(i))) entries_[kept++] = entries_[i];
    }
    entries_.resize(kept);
  }
  /// Sets every entry of `other` in this object.
  void merge(const Metadata& other);

  /// In no particular order. Changing the metadata invalidates iterators.
  const_iterator begin() const noexcept;
  const_iterator end() const noexcept;

  friend bool operator==(const Metadata& a, const Metadata& b) noexcept;

 private:
  friend class detail::HttpHeadParser;  // fills one in place, see startHead()
  struct Slot {
    std::uint32_t nameOffset;
    std::uint32_t nameSize;
    std::uint32_t valueOffset;
    std::uint32_t valueSize;
  };

  /// Replaces the content by the header lines of a message. addFromHead() then says where in the
  /// copy a name and its value are, so a message costs one copy instead of two per header.
  char* startHead(std::string_view lines);
  void addFromHead(std::string_view name, std::string_view value);
  /// Converts `name` to its canonical form in place. False: it is not a token, and the content of
  /// `name` is unspecified.
  static bool canonicalise(char* name, std::size_t size) noexcept;

  const Slot* find(std::string_view name) const noexcept;
  void append(std::string_view name, std::string_view value);
  Entry at(std::size_t index) const noexcept;

  std::string text_;
  std::vector<Slot> entries_;
};

EVMICRO_EXPORT bool operator==(const Metadata& a, const Metadata& b) noexcept;

/// Forward iterator over the entries.
class Metadata::const_iterator {
 public:
  /// As iterators do.
  const_iterator(const Metadata& owner, std::size_t index) : owner_(&owner), index_(index) {}
  Entry operator*() const noexcept { return owner_->at(index_); }
  const_iterator& operator++() noexcept {
    ++index_;
    return *this;
  }
  bool operator!=(const const_iterator& other) const noexcept { return index_ != other.index_; }
  bool operator==(const const_iterator& other) const noexcept { return index_ == other.index_; }

 private:
  const Metadata* owner_;
  std::size_t index_;
};

/// Go's canonical form of a header name: `lower-key` is `Lower-Key`, `under_score` is
/// `Under_score`; a name that is not an HTTP token is returned unchanged.
EVMICRO_EXPORT std::string canonicalHeaderName(std::string_view name);

}  // namespace evmicro
