#pragma once

#include <cstdint>
#include <string_view>

#include <evmicro/codec.h>
#include <evmicro/message.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// The text of a server's error 408 when the time that the caller gave it is over.
inline constexpr std::string_view kDeadlineHasPassed = "the caller's deadline has passed";

/// The part of a request that an answer must match.
struct Question {
  const Codec& codec;
  std::string_view method;
  std::uint64_t firstSeq = 0;  ///< the answer's number must be in this range
  std::uint64_t lastSeq = 0;
};

/// Decodes the envelope of a received answer. ok(): `frame` has it, and `errorIn(frame)` returns
/// the peer's error. As in go-micro, an envelope is accepted with any HTTP status.
///
/// Otherwise the connection must not be used again:
/// - kUnavailable, kOverloaded (HTTP 503, 429): the peer, or a proxy before it, refused; nothing
///   ran;
/// - kInvalid, kNotFound, other codes: what the HTTP status says; the text has it and the first
///   line of the body;
/// - kInternal: not an answer, or the answer to something else.
Status readAnswer(const Question& question, Message& message, Frame& frame);

/// The error in an answer; ok() if there is none. go-micro's texts for an unknown or ill-formed
/// method become kNotFound and kInvalid: nothing ran. All others are kRemote.
Status errorIn(const Frame& frame, std::string_view method);

}  // namespace evmicro::detail
