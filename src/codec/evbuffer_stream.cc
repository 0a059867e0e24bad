#include "codec/evbuffer_stream.h"

#include <algorithm>
#include <cassert>
#include <climits>

namespace evmicro::detail {

EvbufferInputStream::EvbufferInputStream(evbuffer* buffer, std::size_t size) noexcept
    : buffer_(buffer), unread_(size) {
  evbuffer_ptr_set(buffer_, &next_, 0, EVBUFFER_PTR_SET);
}

// Moves to the next chain. A length of -1 makes evbuffer_peek() stop at the first chain; with a
// real length it would count all of them each time.
bool EvbufferInputStream::loadChunk() {
  while (unread_ > 0) {
    if (evbuffer_peek(buffer_, -1, &next_, &chunk_, 1) < 1) return false;
    const std::size_t whole = chunk_.iov_len;
    chunk_.iov_len = std::min({whole, unread_, std::size_t{INT_MAX}});
    unread_ -= chunk_.iov_len;
    if (unread_ > 0 && evbuffer_ptr_set(buffer_, &next_, chunk_.iov_len, EVBUFFER_PTR_ADD) != 0) {
      return false;
    }
    if (chunk_.iov_len > 0) return true;
  }
  return false;
}

bool EvbufferInputStream::Next(const void** data, int* size) {
  if (chunk_.iov_len == 0 && !loadChunk()) return false;
  *data = chunk_.iov_base;
  *size = static_cast<int>(chunk_.iov_len);
  consumed_ += *size;
  chunk_.iov_base = static_cast<char*>(chunk_.iov_base) + chunk_.iov_len;
  chunk_.iov_len = 0;
  return true;
}

void EvbufferInputStream::BackUp(int count) {
  assert(count >= 0 && count <= consumed_);
  chunk_.iov_base = static_cast<char*>(chunk_.iov_base) - count;
  chunk_.iov_len += static_cast<std::size_t>(count);
  consumed_ -= count;
}

bool EvbufferInputStream::Skip(int count) {
  const void* data = nullptr;
  int size = 0;
  while (count > 0 && Next(&data, &size)) {
    if (size > count) BackUp(size - count);
    count -= std::min(size, count);
  }
  return count == 0;
}

std::int64_t EvbufferInputStream::ByteCount() const { return consumed_; }

}  // namespace evmicro::detail
