#include <evmicro/buffer.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include <event2/buffer.h>

namespace evmicro {

namespace {

constexpr std::size_t kBlock = 4096;  // larger buffers are chained

}  // namespace

Buffer::Buffer() noexcept = default;
Buffer::Buffer(std::string_view text) { append(text); }
Buffer::Buffer(Buffer&& other) noexcept
    : block_(std::move(other.block_)),
      start_(std::exchange(other.start_, 0)),
      chain_(std::exchange(other.chain_, nullptr)) {
  other.block_.clear();
}
Buffer& Buffer::operator=(Buffer&& other) noexcept {
  block_.swap(other.block_);
  std::swap(start_, other.start_);
  std::swap(chain_, other.chain_);
  return *this;
}
Buffer::~Buffer() {
  if (chain_) evbuffer_free(chain_);
}

std::size_t Buffer::chainSize() const noexcept { return evbuffer_get_length(chain_); }

bool Buffer::fits(std::size_t more) const noexcept {
  return !chain_ && block_.size() - start_ + more <= kBlock;
}

evbuffer* Buffer::raw() {
  if (chain_) return chain_;
  chain_ = evbuffer_new();
  if (!chain_ || evbuffer_add(chain_, block_.data() + start_, block_.size() - start_) != 0) {
    throw std::bad_alloc();
  }
  std::string().swap(block_);
  start_ = 0;
  return chain_;
}

void Buffer::append(std::string_view text) {
  if (text.empty()) return;
  if (fits(text.size())) {
    block_.erase(0, std::exchange(start_, 0));
    block_.append(text);
  } else if (evbuffer_add(raw(), text.data(), text.size()) != 0) {
    throw std::bad_alloc();
  }
}

void Buffer::adopt(std::string text) {
  if (fits(text.size())) {
    if (!empty()) return append(text);
    block_ = std::move(text);
    start_ = 0;
    return;
  }
  auto owner = std::make_unique<std::string>(std::move(text));
  const auto release = [](const void*, std::size_t, void* string) noexcept {
    delete static_cast<std::string*>(string);
  };
  if (evbuffer_add_reference(raw(), owner->data(), owner->size(), release, owner.get()) != 0) {
    throw std::bad_alloc();
  }
  owner.release();  // owned by the evbuffer now
}

void Buffer::append(Buffer&& other) {
  assert(this != &other);
  if (other.empty()) return;
  if (empty() && !chain_) {
    std::swap(*this, other);
  } else if (!other.chain_) {
    append(other.front(other.size()));
    other.clear();
  } else {
    evbuffer_add_buffer(raw(), other.chain_);
  }
}

char* Buffer::extend(std::size_t size) {
  if (fits(size)) {
    block_.erase(0, std::exchange(start_, 0));
    block_.resize(block_.size() + size);
    return block_.data() + block_.size() - size;
  }
  evbuffer_iovec room;
  if (evbuffer_reserve_space(raw(), static_cast<ev_ssize_t>(size), &room, 1) != 1) {
    throw std::bad_alloc();
  }
  room.iov_len = size;
  if (evbuffer_commit_space(chain_, &room, 1) != 0) throw std::bad_alloc();
  return static_cast<char*>(room.iov_base);
}

void Buffer::drain(std::size_t count) noexcept {
  if (chain_) {
    evbuffer_drain(chain_, count);
  } else if (count < block_.size() - start_) {
    start_ += count;
  } else {
    block_.clear();
    start_ = 0;
  }
}

std::size_t Buffer::peek(void* to, std::size_t count) const noexcept {
  if (chain_) {
    const auto copied = evbuffer_copyout(chain_, to, count);
    return copied > 0 ? static_cast<std::size_t>(copied) : 0;
  }
  return block_.copy(static_cast<char*>(to), count, start_);
}

std::string_view Buffer::front(std::size_t count) {
  count = std::min(count, size());
  if (!chain_) return std::string_view(block_).substr(start_, count);
  if (count == 0) return {};
  const unsigned char* start = evbuffer_pullup(chain_, static_cast<ev_ssize_t>(count));
  if (!start) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(start), count};
}

void Buffer::overwrite(std::size_t offset, std::string_view bytes) {
  const std::string_view there = front(offset + bytes.size());
  assert(there.size() == offset + bytes.size());
  std::memcpy(const_cast<char*>(there.data()) + offset, bytes.data(), bytes.size());
}

std::string Buffer::toString() const {
  std::string text(size(), '\0');
  peek(text.data(), text.size());
  return text;
}

}  // namespace evmicro
