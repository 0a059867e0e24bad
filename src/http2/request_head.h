#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include <evmicro/metadata.h>

#include "event/handles.h"
#include "http/reader.h"
#include "http/refusal.h"
#include "http2/grpc_message.h"

namespace evmicro::detail {

/// The text of a header field in nghttp2's memory.
inline std::string_view textOf(nghttp2_rcbuf& field) noexcept {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(&field);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

/// A share in such a text, which saves a copy.
class Http2Text {
 public:
  void keep(nghttp2_rcbuf& field) noexcept {
    nghttp2_rcbuf_incref(&field);
    field_.reset(&field);
  }
  /// Empty if there is none.
  std::string_view view() const noexcept { return field_ ? textOf(*field_) : std::string_view(); }

 private:
  CHandle<nghttp2_rcbuf, nghttp2_rcbuf_decref> field_;
};

/// The head of a request, field by field: what HTTP/2 and gRPC have in it is sorted out, the rest
/// is metadata.
class Http2RequestHead {
 public:
  enum class Method { kPost, kGet, kHead, kOther };

  /// Takes one field, with its name in lower case. Fields above the limits (0: none) are not kept,
  /// but a problem.
  void add(std::string_view name, nghttp2_rcbuf& value, const HttpReader::Limits& limits,
           Metadata& metadata);

  /// As HTTP/2 counts a header list.
  std::size_t bytes() const noexcept { return bytes_; }
  Method method() const noexcept { return method_; }
  std::string_view path() const noexcept { return path_.view(); }
  std::string_view contentType() const noexcept { return contentType_.view(); }
  /// Whether the content type is one of gRPC's.
  bool isGrpc() const noexcept { return grpc_; }
  std::optional<std::chrono::nanoseconds> timeout() const noexcept { return timeout_; }
  /// Of the messages that follow.
  GrpcEncoding encoding() const noexcept { return encoding_; }
  /// Whether the reply may be compressed by gzip.
  bool acceptsGzip() const noexcept { return acceptsGzip_; }
  /// What is wrong; status 0: nothing.
  const HttpRefusal& problem() const noexcept { return problem_; }

 private:
  bool addPseudo(std::string_view name, nghttp2_rcbuf& value);
  bool addKnown(std::string_view name, nghttp2_rcbuf& value);
  void addContentType(nghttp2_rcbuf& value);

  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
  Http2Text path_;
  Http2Text contentType_;
  std::optional<std::chrono::nanoseconds> timeout_;
  HttpRefusal problem_;
  Method method_ = Method::kOther;
  GrpcEncoding encoding_ = GrpcEncoding::kIdentity;
  bool typed_ = false;  // has a content type
  bool grpc_ = false;
  bool acceptsGzip_ = false;
};

}  // namespace evmicro::detail
