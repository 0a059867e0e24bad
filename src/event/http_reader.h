#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <evmicro/message.h>
#include <evmicro/status.h>

#include "event/handles.h"

namespace evmicro::detail {

/// The first line and the framing of an HTTP/1.x message.
struct HttpHead {
  std::string method;    ///< requests
  std::string target;    ///< requests
  int status = 0;        ///< replies
  int minorVersion = 1;  ///< HTTP/1.N
  bool close = false;    ///< the sender closes after this exchange (Connection: close, HTTP/1.0)
  bool chunked = false;
  bool hasLength = false;
  std::uint64_t length = 0;
};

/// Why bytes were refused: the HTTP status that answers them, and the reason for people.
struct HttpRefusal {
  int status = 0;  ///< 0: nothing to refuse; 400, 413, 431, 501, 505
  std::string reason;
};

/// Reads HTTP/1.x messages out of a byte stream, whatever its fragmentation: requests (server) or
/// replies (client), unary or one after another. Strict where framing is concerned: whatever two
/// readers could understand differently is refused. Both roles take LF for CRLF, as Go does.
class HttpReader {
 public:
  enum class Role { kRequests, kReplies };
  enum class Progress { kNeedMore, kMessage, kRefused };
  struct Limits {
    std::size_t headerBytes = 64U << 10;
    std::uint64_t bodyBytes = 64U << 20;
  };

  HttpReader(Role role, Limits limits);

  /// Reads on in `input`, drains what was used. kMessage: message() and head() hold a whole one;
  /// the bytes after it are still in `input`. kRefused: nothing more can be read, see refusal().
  Progress read(evbuffer* input);
  /// The peer has closed. kMessage when that ends a reply whose body lasts until the close;
  /// kNeedMore when it came between messages; kRefused when it cut one short.
  Progress finish(evbuffer* input);

  /// Whether a message has begun and is not complete (a byte of it in `input` counts).
  bool midMessage(evbuffer* input) const;

  /// @pre the last read() was kMessage. Taken or cleared before the next read().
  Message& message() noexcept { return message_; }
  const HttpHead& head() const noexcept { return head_; }
  const HttpRefusal& refusal() const noexcept { return refusal_; }

 private:
  enum class State { kHead, kBody, kChunkSize, kChunkData, kChunkEnd, kTrailers, kUntilClose };

  Progress readHead(evbuffer* input);
  Progress readBody(evbuffer* input);
  Progress readChunkSize(evbuffer* input);
  Progress readChunkData(evbuffer* input);
  Progress readTrailers(evbuffer* input);
  Progress refuse(int status, std::string reason);
  Progress complete();

  const Role role_;
  const Limits limits_;
  State state_ = State::kHead;
  std::size_t scanned_ = 0;     // of the head, already searched for its end
  std::uint64_t remaining_ = 0; // of the body or the chunk
  std::size_t trailerBytes_ = 0;
  HttpHead head_;
  Message message_;
  HttpRefusal refusal_;
};

/// Parses the head of a message, first line to empty line, into `head` and `headers` (canonical
/// names, first of repeated ones). Returns a refusal with status 0 when it is well-formed.
HttpRefusal parseHttpHead(HttpReader::Role role, std::string_view text, HttpHead& head,
                          Metadata& headers);

}  // namespace evmicro::detail
