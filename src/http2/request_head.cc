#include "http2/request_head.h"

#include <string>
#include <utility>

#include "codec/grpc_codec.h"
#include "http2/fields.h"
#include "http2/grpc_timeout.h"
#include "json/base64.h"

namespace evmicro::detail {

namespace {

bool isBinary(std::string_view name) {
  return name.size() > 4 && name.substr(name.size() - 4) == "-bin";
}

// A value, or several with commas between them, as gRPC joins those of one name.
bool isBase64List(std::string_view text) {
  std::string bytes;
  while (true) {
    const std::size_t end = text.find(',');
    if (!decodeBase64(text.substr(0, end), bytes, Base64::kAnyForm)) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

Http2RequestHead::Method methodOf(std::string_view name) {
  if (name == "POST") return Http2RequestHead::Method::kPost;
  if (name == "GET") return Http2RequestHead::Method::kGet;
  return name == "HEAD" ? Http2RequestHead::Method::kHead : Http2RequestHead::Method::kOther;
}

}  // namespace

void Http2RequestHead::add(std::string_view name, nghttp2_rcbuf& value,
                           const HttpReader::Limits& limits, Metadata& metadata) {
  const std::string_view text = textOf(value);
  bytes_ += name.size() + text.size() + Http2Fields::kOverhead;
  ++lines_;
  const bool tooMany = limits.headerLines > 0 && lines_ > limits.headerLines;
  const bool tooLarge = limits.headerBytes > 0 && bytes_ > limits.headerBytes;
  if (tooMany || tooLarge) {
    problem_ = kHeadTooLarge;
    return;
  }
  if (name[0] == ':' ? addPseudo(name, value) : addKnown(name, value)) return;
  // Binary values stay as they are, in base64: what a handler passes on by HTTP/1.1 must be text.
  if (isBinary(name) && !isBase64List(text)) problem_ = {400, "binary metadata is not base64"};
  metadata.addFirst(name, text);
}

bool Http2RequestHead::addPseudo(std::string_view name, nghttp2_rcbuf& value) {
  if (name == ":path") path_.keep(value);
  if (name == ":method") method_ = methodOf(textOf(value));
  return true;
}

// Which protocol it is. With two a proxy in between may have taken the other.
void Http2RequestHead::addContentType(nghttp2_rcbuf& value) {
  if (std::exchange(typed_, true)) {
    problem_ = {400, "there is more than one content-type"};
    return;
  }
  contentType_.keep(value);
  grpc_ = isGrpcType(textOf(value));
}

// Returns whether the field has a meaning here. Compared by length first: this runs for each field.
bool Http2RequestHead::addKnown(std::string_view name, nghttp2_rcbuf& value) {
  switch (name.size()) {
    case 2: return name == "te";
    case 12:
      if (name == "content-type") {
        addContentType(value);
        return true;
      }
      if (name != "grpc-timeout") return false;
      timeout_ = parseGrpcTimeout(textOf(value));
      if (!timeout_) problem_ = {400, "grpc-timeout is malformed"};
      return true;
    case 13:
      if (name != "grpc-encoding") return false;
      encoding_ = grpcEncodingOf(textOf(value));
      return true;
    case 14: return name == "content-length";
    case 20:
      if (name != "grpc-accept-encoding") return false;
      acceptsGzip_ = detail::acceptsGzip(textOf(value));
      return true;
    default: return false;
  }
}

}  // namespace evmicro::detail
