#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <evmicro/metadata.h>

#include "http/refusal.h"

namespace evmicro::detail {

enum class HttpRole { kRequests, kReplies };

/// The first line and the framing of an HTTP/1.x message.
struct HttpHead {
  std::string method;            ///< requests
  std::string target;            ///< requests
  int status = 0;                ///< replies
  int minorVersion = 1;          ///< HTTP/1.N
  bool close = false;            ///< the sender closes after this exchange
  bool expectsContinue = false;  ///< requests: `Expect: 100-continue`
  bool chunked = false;
  bool hasLength = false;
  std::uint64_t length = 0;  ///< of the body, when hasLength
};

/// Parses the head of a message, first line to empty line, into `head` and `headers` (canonical
/// names, first of repeated ones). Returns a refusal with status 0 when it is well-formed; then no
/// two readers can differ about where the message ends. More than `maxLines` header lines are
/// refused. An expectation other than 100-continue is ignored. Both are overwritten, and their
/// memory is used again.
HttpRefusal parseHttpHead(HttpRole role, std::string_view text, std::size_t maxLines,
                          HttpHead& head, Metadata& headers);

/// The parts of a request's target, as sent (not decoded). Views into it.
struct HttpTarget {
  std::string_view path;   ///< "/" when there is none; scheme and authority are left out
  std::string_view query;  ///< without the '?'
};
HttpTarget splitHttpTarget(std::string_view target) noexcept;

/// Whether `text` may stand as a header's name; as a header's value (no control bytes but tab).
bool isHttpToken(std::string_view text) noexcept;
bool isHttpFieldValue(std::string_view text) noexcept;

/// Whether no message of that role can begin with `first`: a peer that speaks TLS, for example, is
/// recognised before a line end comes that never comes.
bool cannotBeginHttp(HttpRole role, char first) noexcept;

}  // namespace evmicro::detail
