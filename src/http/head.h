#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <evmicro/metadata.h>

#include "http/refusal.h"

namespace evmicro::detail {

enum class HttpRole : std::uint8_t { kRequests, kReplies };

/// The first line and the framing of an HTTP/1.x message.
struct HttpHead {
  std::string method;             ///< requests
  std::string target;             ///< requests
  std::int16_t status = 0;        ///< replies
  std::uint8_t minorVersion = 1;  ///< HTTP/1.N
  bool close = false;             ///< the sender will close after this exchange
  bool expectsContinue = false;   ///< requests: `Expect: 100-continue`
  bool chunked = false;
  bool hasLength = false;
  std::uint64_t length = 0;  ///< of the body, when hasLength
};

/// Parses the head of a message, from the first line to the empty line, into `head` and `headers`
/// (canonical names, first of repeated ones). Returns a refusal with status 0 if it is well-formed;
/// the end of the message is unambiguous then. More than `maxLines` header lines are refused.
/// Expectations other than 100-continue are ignored. Overwrites both outputs, reusing their memory.
/// `keepRepeated`: keeps every repeated header, in order.
HttpRefusal parseHttpHead(HttpRole role, std::string_view text, std::size_t maxLines,
                          HttpHead& head, Metadata& headers, bool keepRepeated = false);

/// The parts of a request's target, as sent (not decoded). Views into it.
struct HttpTarget {
  std::string_view path;   ///< "/" when there is none; scheme and authority are left out
  std::string_view query;  ///< without the '?'
};
HttpTarget splitHttpTarget(std::string_view target) noexcept;

/// Whether `text` is valid as a header's name, and as a header's value (no control bytes but tab).
bool isHttpToken(std::string_view text) noexcept;
bool isHttpFieldValue(std::string_view text) noexcept;
/// Whether `line` is a header's name, a colon and a value.
bool isHttpField(std::string_view line) noexcept;
/// Whether appendHeaderValue() appends `text` as it is: valid, without blanks at its ends.
bool isCleanHttpFieldValue(std::string_view text) noexcept;

/// Whether no message of that role can begin with `first`. Recognises a peer that speaks TLS, for
/// example, which might never send a line end.
bool cannotBeginHttp(HttpRole role, char first) noexcept;

}  // namespace evmicro::detail
