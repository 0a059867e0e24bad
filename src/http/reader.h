#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/message.h>

#include "http/head.h"

namespace evmicro::detail {

/// Parses HTTP/1.x messages from a byte stream in any fragmentation: requests (server) or replies
/// (client), one after another. Strict about framing: anything that two parsers could understand
/// differently is refused. In heads, LF is accepted for CRLF in both roles, as by Go; chunk framing
/// needs CRLF. Empty lines before a request are skipped (RFC 9112, 2.2).
class HttpReader {
 public:
  using Role = HttpRole;
  enum class Progress { kNeedMore, kHead, kMessage, kRefused };
  /// Zero: no limit.
  struct Limits {
    std::size_t headerBytes = 64U << 10;
    std::uint64_t bodyBytes = 64U << 20;
    std::size_t headerLines = 128;
    bool keepRepeated = false;  ///< all of repeated headers; else the first, as Go's get
    bool heads = false;         ///< read() stops at the head of a message with a body
  };

  HttpReader(Role role, const Limits& limits);
  /// Reads messages into `shared`, which other readers use as well, so that an idle connection
  /// holds no memory for messages. Call keep() before another reader uses it. Both references must
  /// outlive this object.
  HttpReader(Role role, const Limits& limits, Message& shared);
  HttpReader(Role role, Limits&& limits, Message& shared) = delete;

  /// Continues parsing with `input` and removes the bytes it has consumed. kMessage: message() and
  /// head() hold a complete message; the bytes after it are still in `input`. kNeedMore: the rest
  /// of `input`, usually the beginning of a head, must be passed again, with more bytes behind it.
  /// kHead: message() holds the headers, and a body follows (Limits::heads). kRefused: nothing more
  /// can be read, see refusal(). Interim replies (1xx except 101) and
  /// trailers are skipped; trailers must be header lines, and have limits of their own like those
  /// of a head.
  Progress read(std::string_view& input);
  Progress read(Buffer& input);
  /// The peer has closed. kMessage: this ends a reply whose body lasts until the close. kNeedMore:
  /// it closed between messages. kRefused: it cut a message short.
  Progress finish(Buffer& input);

  /// Whether a message has begun and is not complete; the `unread` bytes left in the input count as
  /// the beginning of one.
  bool midMessage(std::size_t unread) const noexcept { return midBody() || unread > 0; }
  /// Whether head() belongs to a message whose body is not complete.
  bool midBody() const noexcept { return state_ != State::kHead; }

  /// After kHead: the body has no limit; the caller takes what has arrived from message().body
  /// after each read().
  void takeParts() noexcept { parts_ = true; }
  /// Whether that applies to the message that is being read or, with !midBody(), was read last.
  bool inParts() const noexcept { return parts_; }
  /// The next reply has no body, whatever its head says: the request was a HEAD.
  void expectNoBody() noexcept { noBody_ = true; }

  /// @pre the last read() returned kMessage. Its content is lost when the next message begins.
  Message& message() noexcept { return *message_; }
  /// Keeps the message, complete or not, with this reader: moves it out of the shared one.
  void keep();
  /// Bytes of the body of a message that was kept.
  std::size_t keptBytes() const noexcept { return own_ ? own_->body.size() : 0; }
  /// The message has been processed: drops its content.
  void drop() noexcept;
  /// The head of the message that is complete or, with midBody(), being read.
  const HttpHead& head() const noexcept { return head_; }
  /// Its status is 0 unless read() or finish() has returned kRefused.
  HttpRefusal refusal() const noexcept { return refusal_ ? *refusal_ : HttpRefusal(); }

 private:
  enum class State : std::uint8_t {
    kHead,
    kBodyStart,
    kBody,
    kUntilClose,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailers
  };
  enum class Step { kGoOn, kNeedMore, kHead, kMessage, kRefused };

  Step step(std::string_view& input);
  Step skipEmptyLines(std::string_view& input);
  Step readHead(std::string_view& input);
  Step headIncomplete(std::string_view seen);
  Step chooseBody();
  Step beginBody();
  std::size_t headRoom() const noexcept;
  std::uint64_t bodyRoom() const noexcept;
  Step readBody(std::string_view& input);
  Step readUntilClose(std::string_view& input);
  Step readChunkSize(std::string_view& input);
  Step readChunkEnd(std::string_view& input);
  Step readTrailer(std::string_view& input);
  std::uint64_t takeBody(std::string_view& input, std::uint64_t atMost);
  Step refuse(const HttpRefusal& refusal);
  Step complete();

  const Role role_;
  State state_ = State::kHead;
  bool parts_ = false;
  bool noBody_ = false;
  unsigned char emptyLines_ = 0;  // skipped before the head
  std::uint32_t trailerLines_ = 0;
  std::size_t scanned_ = 0;      // bytes of the head already searched for its end
  std::uint64_t remaining_ = 0;  // of the body or the chunk; room for the trailers
  HttpHead head_;
  Message* message_;                         // the shared one or own_
  std::unique_ptr<Message> own_;             // of a reader on its own, and while a message is kept
  Message* const shared_;                    // null: none
  std::unique_ptr<const Limits> ownLimits_;  // of a reader on its own
  const Limits* const limits_;               // those, or the shared ones
  std::unique_ptr<const HttpRefusal> refusal_;
};

}  // namespace evmicro::detail
