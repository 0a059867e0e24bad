#include "http2/grpc_status.h"

#include <array>

#include "json/base64.h"

namespace evmicro::detail {

namespace {

struct Pair {
  GrpcCode grpc;
  int code;
};

// The first entry of a number counts.
constexpr std::array<Pair, 24> kPairs = {{
    {GrpcCode::kInvalidArgument, 400},    {GrpcCode::kUnauthenticated, 401},
    {GrpcCode::kPermissionDenied, 403},   {GrpcCode::kNotFound, 404},
    {GrpcCode::kDeadlineExceeded, 408},   {GrpcCode::kAborted, 409},
    {GrpcCode::kFailedPrecondition, 412}, {GrpcCode::kResourceExhausted, 429},
    {GrpcCode::kResourceExhausted, 413},  {GrpcCode::kOutOfRange, 416},
    {GrpcCode::kCancelled, 499},          {GrpcCode::kInternal, 500},
    {GrpcCode::kUnimplemented, 501},      {GrpcCode::kUnavailable, 503},
    {GrpcCode::kDeadlineExceeded, 504},   {GrpcCode::kAlreadyExists, 409},
    {GrpcCode::kDataLoss, 500},           {GrpcCode::kUnknown, 500},
    {GrpcCode::kUnimplemented, 405},      {GrpcCode::kResourceExhausted, 431},
    {GrpcCode::kUnavailable, 502},        {GrpcCode::kFailedPrecondition, 428},
    {GrpcCode::kNotFound, 410},           {GrpcCode::kInvalidArgument, 422},
}};

bool isUnescaped(char c) { return c >= ' ' && c <= '~' && c != '%'; }

int digitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Not within a character.
std::string shortenedText(const std::string& text, std::size_t most) {
  constexpr std::string_view kDots = "...";
  if (text.size() <= most) return text;
  std::size_t end = most > kDots.size() ? most - kDots.size() : 0;
  const auto continues = [&text](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
  };
  while (end > 0 && continues(end)) --end;
  return text.substr(0, end).append(kDots);
}

bool startsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

GrpcCode grpcCodeOf(int code) noexcept {
  // gRPC's own, which are no statuses of HTTP.
  if (code >= 1 && code <= static_cast<int>(GrpcCode::kUnauthenticated)) {
    return static_cast<GrpcCode>(code);
  }
  for (const Pair& pair : kPairs) {
    if (pair.code == code) return pair.grpc;
  }
  if (code >= 400 && code < 500) return GrpcCode::kFailedPrecondition;
  return code >= 500 && code < 600 ? GrpcCode::kInternal : GrpcCode::kUnknown;
}

int codeOfGrpc(int grpcCode) noexcept {
  for (const Pair& pair : kPairs) {
    if (static_cast<int>(pair.grpc) == grpcCode) return pair.code;
  }
  return 500;
}

GrpcCode grpcCodeOfHttp(int httpStatus) noexcept {
  switch (httpStatus) {
    case 400: return GrpcCode::kInternal;
    case 401: return GrpcCode::kUnauthenticated;
    case 403: return GrpcCode::kPermissionDenied;
    case 404: return GrpcCode::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504: return GrpcCode::kUnavailable;
    default: return GrpcCode::kUnknown;
  }
}

GrpcError grpcErrorOf(std::string_view text) {
  GrpcError error;
  if (startsWith(text, "rpc: ")) {  // go-micro's texts for what a server does not have
    error.code = GrpcCode::kUnimplemented;
    error.message = text;
    return error;
  }
  const Status status = Status::fromWire(text);
  error.code = grpcCodeOf(status.code());
  error.message = status.detail();
  if (startsWith(text, "{")) error.details = text;
  return error;
}

GrpcError shortened(const GrpcError& error, std::size_t most) {
  GrpcError result = error;
  result.message = shortenedText(error.message, most);
  if (error.details.empty()) return result;
  const Status whole = Status::fromWire(error.details);
  const Status status(whole.kind(), whole.code(), whole.id(), shortenedText(whole.detail(), most));
  result.details = status.toWire();
  return result;
}

std::string errorTextOf(int grpcCode, std::string_view message, std::string_view details) {
  if (!details.empty()) return std::string(details);
  // The words of a server of go-micro, which callers know.
  if (startsWith(message, "rpc: ")) return std::string(message);
  return Status::error(codeOfGrpc(grpcCode), "grpc", std::string(message)).toWire();
}

std::string percentEncoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (isUnescaped(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 0xf];
    }
  }
  return encoded;
}

std::string percentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size();
    const int high = escape ? digitOf(text[i + 1]) : -1;
    const int low = escape ? digitOf(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      decoded += text[i];
    } else {
      decoded += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return decoded;
}

std::string toBinHeader(std::string_view bytes) {
  std::string text;
  appendBase64(text, bytes);
  return text;
}

}  // namespace evmicro::detail
