#include "http2/grpc_message.h"

#include <algorithm>
#include <array>
#include <memory>

#include <zlib.h>

#include "base/counted.h"

namespace evmicro::detail {

namespace {

constexpr int kGzipWindow = 15 + 16;  // with gzip's header

std::size_t lengthIn(const char* prefix) noexcept {
  std::size_t length = 0;
  for (std::size_t i = 1; i < kGrpcPrefix; ++i) {
    length = length << 8 | static_cast<unsigned char>(prefix[i]);
  }
  return length;
}

Bytef* bytesOf(std::string_view text) noexcept {  // zlib does not change its input
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

GrpcEncoding grpcEncodingOf(std::string_view name) noexcept {
  if (name.empty() || name == "identity") return GrpcEncoding::kIdentity;
  return name == "gzip" ? GrpcEncoding::kGzip : GrpcEncoding::kUnknown;
}

bool acceptsGzip(std::string_view list) noexcept {
  constexpr std::string_view kName = "gzip";
  for (std::size_t at = list.find(kName); at < list.size(); at = list.find(kName, at + 1)) {
    const std::size_t end = at + kName.size();
    const bool begins = at == 0 || list[at - 1] == ' ' || list[at - 1] == ',';
    const bool ends = end == list.size() || std::string_view(" ,;").find(list[end]) < 3;
    if (begins && ends) return true;
  }
  return false;
}

GrpcReader::Progress GrpcReader::fail(GrpcCode code, std::string why) {
  error_ = {code, std::move(why), {}};
  return Progress::kError;
}

GrpcReader::Progress GrpcReader::next(Buffer& message) {
  if (unread_.size() < kGrpcPrefix) return Progress::kNeedMore;
  char prefix[kGrpcPrefix];
  unread_.peek(prefix, kGrpcPrefix);
  if (prefix[0] != kGrpcPlain && prefix[0] != kGrpcCompressed) {
    return fail(GrpcCode::kInternal, "the flag of a message is neither 0 nor 1");
  }
  if (prefix[0] == kGrpcCompressed && encoding_ == GrpcEncoding::kIdentity) {
    return fail(GrpcCode::kInternal, "a message is compressed, but there is no grpc-encoding");
  }
  const std::size_t size = lengthIn(prefix);
  if (size > most_) {
    return fail(GrpcCode::kResourceExhausted, "the message has " + std::to_string(size) +
                                                  " bytes; at most " + std::to_string(most_) +
                                                  " are accepted");
  }
  const std::size_t whole = kGrpcPrefix + size;
  if (unread_.size() < whole) return Progress::kNeedMore;
  if (unread_.size() == whole) {
    message = std::move(unread_);
    unread_ = Buffer();
  } else {
    message = Buffer(unread_.front(whole));
    unread_.drain(whole);
  }
  return prefix[0] == kGrpcCompressed ? inflate(message) : Progress::kMessage;
}

GrpcReader::Progress GrpcReader::inflate(Buffer& message) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) {
    return fail(GrpcCode::kResourceExhausted, "no memory to inflate a message");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, inflateEnd);
  const std::string_view packed = message.contiguous().substr(kGrpcPrefix);
  stream.next_in = bytesOf(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  std::array<char, 16'384> block;
  std::string content(kGrpcPrefix, '\0');
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = ::inflate(&stream, Z_NO_FLUSH);
    content.append(block.data(), block.size() - stream.avail_out);
    if (content.size() - kGrpcPrefix > most_) {
      return fail(GrpcCode::kResourceExhausted,
                  "an inflated message has more than " + counted(most_, "byte"));
    }
  }
  if (state != Z_STREAM_END || stream.avail_in != 0) {
    return fail(GrpcCode::kInternal, "a compressed message is not valid gzip");
  }
  writeGrpcPrefix(content.data(), kGrpcPlain, content.size() - kGrpcPrefix);
  message.clear();
  message.adopt(std::move(content));
  return Progress::kMessage;
}

void writeGrpcPrefix(char* to, char flag, std::size_t size) noexcept {
  *to++ = flag;
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = static_cast<char>(size >> shift & 0xff);
}

Buffer gzipMessage(Buffer message) {
  const std::string_view content = message.contiguous().substr(kGrpcPrefix);
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return message;
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, deflateEnd);
  std::string packed(kGrpcPrefix + deflateBound(&stream, content.size()), '\0');
  stream.next_in = bytesOf(content);
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = bytesOf(packed) + kGrpcPrefix;
  stream.avail_out = static_cast<uInt>(packed.size() - kGrpcPrefix);
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END || stream.total_out >= content.size()) {
    return message;
  }
  packed.resize(kGrpcPrefix + stream.total_out);
  writeGrpcPrefix(packed.data(), kGrpcCompressed, stream.total_out);
  Buffer result;
  result.adopt(std::move(packed));
  return result;
}

std::string methodOfGrpcPath(std::string_view path) {
  if (path.empty() || path[0] != '/') return {};
  path.remove_prefix(1);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || path.find('/', slash + 1) != std::string_view::npos) {
    return {};
  }
  const std::string_view service = path.substr(0, slash);
  const std::string_view method = path.substr(slash + 1);
  if (service.empty() || service.front() == '.' || service.back() == '.') return {};
  if (method.empty() || method.find('.') != std::string_view::npos) return {};
  return std::string(service).append(".").append(method);
}

const std::string& GrpcPaths::methodOf(std::string_view path) {
  if (path != path_) {
    method_ = methodOfGrpcPath(path);
    path_ = path;
  }
  return method_;
}

std::string grpcPathOf(std::string_view method) {
  const std::size_t dot = method.rfind('.');
  if (dot == std::string_view::npos) return std::string("/").append(method);
  std::string path("/");
  return path.append(method.substr(0, dot)).append("/").append(method.substr(dot + 1));
}

}  // namespace evmicro::detail
