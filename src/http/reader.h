#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/message.h>

#include "http/head.h"

namespace evmicro::detail {

/// Reads HTTP/1.x messages out of a byte stream, whatever its fragmentation: requests (server) or
/// replies (client), unary or one after another. Strict where framing is concerned: whatever two
/// readers could understand differently is refused. In the head both roles take LF for CRLF, as Go
/// does; chunk framing needs CRLF. Empty lines before a request are skipped (RFC 9112, 2.2).
class HttpReader {
 public:
  using Role = HttpRole;
  enum class Progress { kNeedMore, kMessage, kRefused };
  /// Zero: no limit.
  struct Limits {
    std::size_t headerBytes = 64U << 10;
    std::uint64_t bodyBytes = 64U << 20;
    std::size_t headerLines = 128;
  };

  HttpReader(Role role, Limits limits);
  /// Reads messages into `shared`, which other readers use as well, and which must outlive it: a
  /// connection without a message holds no memory for one. keep() before another one reads.
  HttpReader(Role role, Limits limits, Message& shared);

  /// Reads on in `input`, removes what was used from its front. kMessage: message() and head() hold
  /// a whole one; the bytes after it are still in `input`. kNeedMore: what is left, the beginning
  /// of a head as a rule, must come first again, with more behind it. kRefused: nothing more can be
  /// read, see refusal(). Interim replies (1xx except 101) and trailers are skipped.
  Progress read(std::string_view& input);
  Progress read(Buffer& input);
  /// The peer has closed. kMessage when that ends a reply whose body lasts until the close;
  /// kNeedMore when it came between messages; kRefused when it cut one short.
  Progress finish(Buffer& input);

  /// Whether a message has begun and is not complete; `unread` bytes of the input are left, and the
  /// first of them would begin one.
  bool midMessage(std::size_t unread) const noexcept { return midBody() || unread > 0; }
  /// Whether head() is that of a message whose body is not complete.
  bool midBody() const noexcept { return state_ != State::kHead; }

  /// @pre the last read() was kMessage. What is left in it when the next message begins is lost.
  Message& message() noexcept { return *message_; }
  /// The message, whole or begun, stays with this reader: moves it out of the shared one.
  void keep();
  /// The message is done with: forgets what is left in it.
  void drop() noexcept;
  /// Of the message that is complete or, with midBody(), being read.
  const HttpHead& head() const noexcept { return head_; }
  const HttpRefusal& refusal() const noexcept { return refusal_; }

 private:
  enum class State { kHead, kBody, kUntilClose, kChunkSize, kChunkData, kChunkEnd, kTrailers };
  enum class Step { kGoOn, kNeedMore, kMessage, kRefused };

  Step step(std::string_view& input);
  Step skipEmptyLines(std::string_view& input);
  Step readHead(std::string_view& input);
  Step headIncomplete(std::string_view seen);
  Step chooseBody();
  Step readBody(std::string_view& input);
  Step readUntilClose(std::string_view& input);
  Step readChunkSize(std::string_view& input);
  Step readChunkEnd(std::string_view& input);
  Step readTrailer(std::string_view& input);
  std::uint64_t takeBody(std::string_view& input, std::uint64_t atMost);
  Step refuse(const HttpRefusal& refusal);
  Step complete();

  const Role role_;
  const Limits limits_;
  State state_ = State::kHead;
  unsigned char emptyLines_ = 0;  // skipped before the head
  std::size_t scanned_ = 0;       // of the head, already searched for its end
  std::uint64_t remaining_ = 0;   // of the body or the chunk
  std::size_t trailerBytes_ = 0;
  HttpHead head_;
  Message* message_;              // the shared one or own_
  std::unique_ptr<Message> own_;  // of a reader on its own, and while a message is kept
  Message* const shared_;         // null: none
  HttpRefusal refusal_;
};

}  // namespace evmicro::detail
