#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/export.h>

struct evbuffer;

namespace evmicro {

/// A queue of bytes in chained blocks: the body of a message. Bytes are appended at the back and
/// drained at the front; moving content between buffers moves blocks, not bytes. Wraps libevent's
/// evbuffer, which is made at the first use.
class EVMICRO_EXPORT Buffer {
 public:
  Buffer() noexcept;
  explicit Buffer(std::string_view text);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  void append(std::string_view text);
  /// Takes everything out of `other`, without copying.
  void append(Buffer&& other);
  /// Drops the first `count` bytes (all, when there are fewer).
  void drain(std::size_t count) noexcept;
  void clear() noexcept { drain(size()); }
  /// Copies up to `count` bytes from the front without removing them; returns how many.
  std::size_t peek(void* to, std::size_t count) const noexcept;
  /// All bytes as one block, which moves them together when they are not; the view is good until
  /// the next change.
  std::string_view contiguous();
  /// A copy of all bytes.
  std::string toString() const;

  /// The evbuffer itself, made when there is none yet. Owned by this object.
  evbuffer* raw();
  /// The same, null when nothing was ever put in.
  evbuffer* rawIfAny() const noexcept { return handle_; }

 private:
  evbuffer* handle_ = nullptr;
};

}  // namespace evmicro
