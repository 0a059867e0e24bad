#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/export.h>

struct evbuffer;

namespace evmicro {

/// A queue of bytes: the body of a message. Bytes are appended at the back and drained at the
/// front. A small buffer is one contiguous block; a larger one is a libevent evbuffer, whose
/// chained blocks are moved between buffers without copying.
class EVMICRO_EXPORT Buffer {
 public:
  Buffer() noexcept;
  /// Holds a copy of `text`.
  explicit Buffer(std::string_view text);
  /// Leaves `other` empty.
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  /// Bytes.
  std::size_t size() const noexcept { return chain_ ? chainSize() : block_.size() - start_; }
  bool empty() const noexcept { return size() == 0; }

  /// `text` must not point into this buffer.
  void append(std::string_view text);
  /// The same; the buffer may take over the string instead of copying it.
  void adopt(std::string text);
  /// Moves the content of `other` to the end of this buffer; copies a few kilobytes at most.
  void append(Buffer&& other);
  /// Appends `size` contiguous, uninitialised bytes, which the caller must fill before the next
  /// change.
  char* extend(std::size_t size);
  /// Replaces the bytes from `offset` on. @pre the bytes exist, and this buffer owns their memory
  void overwrite(std::size_t offset, std::string_view bytes);
  /// Removes the first `count` bytes (all if there are fewer).
  void drain(std::size_t count) noexcept;
  void clear() noexcept { drain(size()); }
  /// Copies up to `count` bytes from the front without removing them; returns how many.
  std::size_t peek(void* to, std::size_t count) const noexcept;
  /// The first `count` bytes (all if there are fewer) as one block; makes them contiguous if
  /// necessary. The view is valid until the next change.
  std::string_view front(std::size_t count);
  std::string_view contiguous() { return front(size()); }
  /// A copy of all bytes.
  std::string toString() const;

  /// The content as an evbuffer, which is made if there is none yet. Owned by this object.
  evbuffer* raw();
  /// The evbuffer if there is one; null while all bytes are in one block.
  evbuffer* rawIfAny() const noexcept { return chain_; }

 private:
  std::size_t chainSize() const noexcept;
  bool fits(std::size_t more) const noexcept;

  std::string block_;  // the content from start_ on, while there is no chain
  std::size_t start_ = 0;
  evbuffer* chain_ = nullptr;  // owned
};

}  // namespace evmicro
