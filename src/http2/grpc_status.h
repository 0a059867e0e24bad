#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <evmicro/status.h>

namespace evmicro::detail {

/// gRPC's status codes.
enum class GrpcCode {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// The code for an error with the HTTP status `code`.
GrpcCode grpcCodeOf(int code) noexcept;
/// The HTTP status for a code of gRPC; kUnknown's for one that does not exist.
int codeOfGrpc(int grpcCode) noexcept;
/// The code for a reply without grpc-status, from its HTTP status, as gRPC has it.
GrpcCode grpcCodeOfHttp(int httpStatus) noexcept;

/// An error as it travels in trailers.
struct GrpcError {
  GrpcCode code = GrpcCode::kUnknown;
  std::string message;  ///< not encoded
  std::string details;  ///< go-micro's JSON, so that nothing is lost between evmicro's peers
  int refusal = 0;      ///< by HTTP/1.1 the status that says that nothing ran; 0: it ran
};
/// From the text that a codec writes as an error: go-micro's JSON, or plain text.
GrpcError grpcErrorOf(std::string_view text);
/// The same error with at most `most` bytes of text, of which `...` are the last then.
GrpcError shortened(const GrpcError& error, std::size_t most);
/// The text of an error that a peer has sent. `details` empty: the peer is not evmicro.
std::string errorTextOf(int grpcCode, std::string_view message, std::string_view details);

/// grpc-message's percent encoding: bytes outside of printable ASCII, and the percent sign.
std::string percentEncoded(std::string_view text);
/// The reverse; what is not valid encoding stays as it is.
std::string percentDecoded(std::string_view text);

/// The value of a `-bin` header.
std::string toBinHeader(std::string_view bytes);

}  // namespace evmicro::detail
