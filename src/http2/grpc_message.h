#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <evmicro/buffer.h>

#include "http2/grpc_status.h"

namespace evmicro::detail {

/// The prefix of a message: a flag and the length, 4 bytes big endian. The codec for gRPC writes it
/// (codec/grpc_codec.cc), and marks errors by a flag that never reaches the wire.
inline constexpr std::size_t kGrpcPrefix = 5;
inline constexpr char kGrpcPlain = 0;
inline constexpr char kGrpcCompressed = 1;
inline constexpr char kGrpcErrorFlag = '\x80';

/// The compressions of messages that are spoken.
enum class GrpcEncoding { kIdentity, kGzip, kUnknown };
GrpcEncoding grpcEncodingOf(std::string_view name) noexcept;
/// Whether a list of encodings, as in grpc-accept-encoding, has gzip.
bool acceptsGzip(std::string_view list) noexcept;

/// Splits the data of a stream into messages.
class GrpcReader {
 public:
  enum class Progress { kNeedMore, kMessage, kError };

  /// Messages longer than `most` (0: no limit) are an error, also once inflated.
  explicit GrpcReader(std::size_t most) noexcept
      : most_(most > 0 ? most : std::numeric_limits<std::size_t>::max()) {}

  void setEncoding(GrpcEncoding encoding) noexcept { encoding_ = encoding; }
  void append(std::string_view bytes) { unread_.append(bytes); }
  /// Bytes that are not part of a message taken yet.
  std::size_t size() const noexcept { return unread_.size(); }
  void clear() noexcept { unread_.clear(); }
  /// The first `most` bytes of them.
  std::string_view front(std::size_t most) { return unread_.front(most); }
  /// Everything, as it has come.
  Buffer takeAll() {
    Buffer all(std::move(unread_));
    unread_ = Buffer();
    return all;
  }
  /// Moves the next message, prefix included and not compressed, to `message`.
  Progress next(Buffer& message);
  /// After kError: what is wrong.
  const GrpcError& error() const noexcept { return error_; }

 private:
  Progress fail(GrpcCode code, std::string why);
  Progress inflate(Buffer& message);

  const std::size_t most_;
  GrpcEncoding encoding_ = GrpcEncoding::kIdentity;
  Buffer unread_;
  GrpcError error_;
};

/// Writes the prefix of a message of `size` bytes.
void writeGrpcPrefix(char* to, char flag, std::size_t size) noexcept;
constexpr std::size_t kWorthGzip = 1'024;  ///< Shorter messages are sent as they are.
/// The message, prefix included, compressed; as it was if that does not make it shorter.
Buffer gzipMessage(Buffer message);

/// `package.Service.Method` for the path `/package.Service/Method`, `Service.Method` for
/// `/Service/Method`; empty if `path` has another form.
std::string methodOfGrpcPath(std::string_view path);
/// Translates paths as methodOfGrpcPath() does. Remembers the last, because calls are usually
/// alike.
class GrpcPaths {
 public:
  /// Valid until the next call.
  const std::string& methodOf(std::string_view path);

 private:
  std::string path_;
  std::string method_;
};
/// The path for `Service.Method` or `package.Service.Method`.
std::string grpcPathOf(std::string_view method);

}  // namespace evmicro::detail
