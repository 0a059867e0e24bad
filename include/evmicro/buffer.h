#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/export.h>

struct evbuffer;

namespace evmicro {

/// A queue of bytes: the body of a message. Bytes are appended at the back and drained at the
/// front. Few bytes lie in one block; more of them in the chained blocks of libevent's evbuffer,
/// and then moving content between buffers moves blocks, not bytes.
class EVMICRO_EXPORT Buffer {
 public:
  Buffer() noexcept;
  explicit Buffer(std::string_view text);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  std::size_t size() const noexcept { return chain_ ? chainSize() : block_.size() - start_; }
  bool empty() const noexcept { return size() == 0; }

  /// `text` must not be a part of this buffer.
  void append(std::string_view text);
  /// The same; the buffer may keep the string instead of copying it.
  void adopt(std::string text);
  /// Takes everything out of `other`, without copying more than a few kilobytes.
  void append(Buffer&& other);
  /// Appends `size` bytes in one piece, whatever they are: the caller fills them in before the next
  /// change.
  char* extend(std::size_t size);
  /// Replaces the bytes from `offset` on. @pre they are there, and this buffer owns their memory
  void overwrite(std::size_t offset, std::string_view bytes);
  /// Drops the first `count` bytes (all, when there are fewer).
  void drain(std::size_t count) noexcept;
  void clear() noexcept { drain(size()); }
  /// Copies up to `count` bytes from the front without removing them; returns how many.
  std::size_t peek(void* to, std::size_t count) const noexcept;
  /// The first `count` bytes (all, when there are fewer) as one block, which moves them together
  /// when they are not; the view is good until the next change.
  std::string_view front(std::size_t count);
  std::string_view contiguous() { return front(size()); }
  /// A copy of all bytes.
  std::string toString() const;

  /// All of it as an evbuffer, made when there is none yet. Owned by this object.
  evbuffer* raw();
  /// The evbuffer when there is one; null while all bytes lie in one block.
  evbuffer* rawIfAny() const noexcept { return chain_; }

 private:
  std::size_t chainSize() const noexcept;
  bool fits(std::size_t more) const noexcept;

  std::string block_;  // holds the bytes from start_ on, as long as there is no chain
  std::size_t start_ = 0;
  evbuffer* chain_ = nullptr;  // owned
};

}  // namespace evmicro
