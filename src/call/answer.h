#pragma once

#include <cstdint>
#include <string_view>

#include <evmicro/codec.h>
#include <evmicro/message.h>
#include <evmicro/status.h>

namespace evmicro::detail {

/// What was asked, as far as an answer must fit it.
struct Question {
  const Codec& codec;
  std::string_view method;
  std::uint64_t firstSeq = 0;  ///< the answer's number is one of these
  std::uint64_t lastSeq = 0;
};

/// Reads the envelope of what came as the answer. ok(): `frame` has it; then `errorIn(frame)` says
/// what the peer answered. As in go-micro, an envelope counts under any HTTP status.
///
/// Otherwise the connection cannot be used any more:
/// - kUnavailable, kOverloaded (HTTP 503, 429): the peer, or a proxy before it, refused; nothing
/// ran;
/// - kInvalid, kNotFound, other codes: what the HTTP status says; the text has it and the first
/// line
///   of the body;
/// - kInternal: not an answer, or the answer to something else.
Status readAnswer(const Question& question, Message& message, Frame& frame);

/// The error that an answer carries; ok() when there is none. The texts by which go-micro refuses
/// an unknown or ill-formed method become kNotFound and kInvalid: nothing ran. All others are
/// kRemote.
Status errorIn(const Frame& frame, std::string_view method);

}  // namespace evmicro::detail
