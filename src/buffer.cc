#include <evmicro/buffer.h>

#include <cassert>
#include <new>
#include <utility>

#include <event2/buffer.h>

namespace evmicro {

Buffer::Buffer() noexcept = default;
Buffer::Buffer(std::string_view text) { append(text); }
Buffer::Buffer(Buffer&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
Buffer::~Buffer() {
  if (handle_) evbuffer_free(handle_);
}

std::size_t Buffer::size() const noexcept { return handle_ ? evbuffer_get_length(handle_) : 0; }

evbuffer* Buffer::raw() {
  if (!handle_) handle_ = evbuffer_new();
  if (!handle_) throw std::bad_alloc();
  return handle_;
}

void Buffer::append(std::string_view text) {
  if (text.empty()) return;
  if (evbuffer_add(raw(), text.data(), text.size()) != 0) throw std::bad_alloc();
}

void Buffer::append(Buffer&& other) {
  assert(this != &other);
  if (other.empty()) return;
  evbuffer_add_buffer(raw(), other.handle_);
}

void Buffer::drain(std::size_t count) noexcept {
  if (handle_) evbuffer_drain(handle_, count);
}

std::size_t Buffer::peek(void* to, std::size_t count) const noexcept {
  if (!handle_) return 0;
  const auto copied = evbuffer_copyout(handle_, to, count);
  return copied > 0 ? static_cast<std::size_t>(copied) : 0;
}

std::string_view Buffer::contiguous() {
  if (empty()) return {};
  const unsigned char* start = evbuffer_pullup(handle_, -1);
  if (!start) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(start), size()};
}

std::string Buffer::toString() const {
  std::string text(size(), '\0');
  peek(text.data(), text.size());
  return text;
}

}  // namespace evmicro
