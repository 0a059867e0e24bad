#pragma once

#include <cstdint>

#include <event2/buffer.h>
#include <google/protobuf/io/zero_copy_stream.h>

namespace evmicro::detail {

/// The first `size` bytes of an evbuffer as an input stream for protobuf's parser: chain by chain,
/// without copying. The buffer is borrowed, must hold `size` bytes, and must not change meanwhile.
class EvbufferInputStream final : public google::protobuf::io::ZeroCopyInputStream {
 public:
  EvbufferInputStream(evbuffer* buffer, std::size_t size) noexcept;

  bool Next(const void** data, int* size) override;
  void BackUp(int count) override;
  bool Skip(int count) override;
  std::int64_t ByteCount() const override;

 private:
  bool loadChunk();

  evbuffer* buffer_;
  evbuffer_ptr next_;       // start of the chunk after chunk_
  std::size_t unread_;      // bytes of the stream from next_ on
  evbuffer_iovec chunk_{};  // the rest of the current chain
  std::int64_t consumed_ = 0;
};

}  // namespace evmicro::detail
