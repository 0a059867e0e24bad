#include "http/reader.h"

#include <algorithm>
#include <limits>

#include "base/digits.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kMaxChunkLine = 256;  // size and extensions
constexpr unsigned char kMaxEmptyLines = 8;

template <typename T>
T orUnlimited(T limit) {
  return limit == 0 ? std::numeric_limits<T>::max() : limit;
}

// The position after the empty line that ends a head, 0 if there is none; searches from `from`.
std::size_t findHeadEnd(std::string_view text, std::size_t from) {
  for (;;) {
    const std::size_t lineEnd = text.find('\n', from);
    if (lineEnd == std::string_view::npos) return 0;
    from = lineEnd + 1;
    const std::string_view next = text.substr(from, 2);
    if (!next.empty() && next[0] == '\n') return from + 1;
    if (next == "\r\n") return from + 2;
  }
}

// Peers that answer in another protocol: a TLS alert, HTTP/2 settings.
std::string_view whatItIs(HttpRole role, char first) noexcept {
  if (role == HttpRole::kRequests) return "this is not HTTP";
  if (first == '\x15' || first == '\x16') return "the peer speaks TLS";
  if (first == '\0') return "the peer speaks HTTP/2";
  return "this is not HTTP";
}

// A chunk's size line without its end: digits, and possibly extensions, which are ignored. Some
// senders pad the size with blanks to a fixed width, which is harmless after the digits.
bool parseChunkLine(std::string_view line, std::uint64_t& size) {
  size = 0;
  std::size_t at = 0;
  for (; at < line.size() && hexDigit(line[at]) >= 0; ++at) {
    if (size >> 60 != 0) return false;
    size = size << 4 | static_cast<std::uint64_t>(hexDigit(line[at]));
  }
  if (at == 0) return false;
  while (line.size() > at && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return at == line.size() || (line[at] == ';' && isHttpFieldValue(line.substr(at)));
}

enum class Line { kNeedMore, kBad, kWhole };

// The next line of at most `limit` bytes, which must end in CRLF; `line` is without it.
Line peekLine(std::string_view input, std::size_t limit, std::string_view& line) {
  const std::string_view text = input.substr(0, limit);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return text.size() == limit ? Line::kBad : Line::kNeedMore;
  if (end == 0 || text[end - 1] != '\r') return Line::kBad;
  line = text.substr(0, end - 1);
  return Line::kWhole;
}

}  // namespace

HttpReader::HttpReader(Role role, const Limits& limits)
    : role_(role),
      own_(std::make_unique<Message>()),
      shared_(nullptr),
      ownLimits_(std::make_unique<const Limits>(limits)),
      limits_(ownLimits_.get()) {
  message_ = own_.get();
}

HttpReader::HttpReader(Role role, const Limits& limits, Message& shared)
    : role_(role), message_(&shared), shared_(&shared), limits_(&limits) {}

void HttpReader::keep() {
  if (own_) return;
  own_ = std::make_unique<Message>(std::move(*shared_));
  message_ = own_.get();
}

void HttpReader::drop() noexcept {
  if (shared_ && own_) {
    own_.reset();
    message_ = shared_;
    return;
  }
  message_->body.clear();
  message_->headers.clear();
}

HttpReader::Progress HttpReader::read(std::string_view& input) {
  if (refusal_) return Progress::kRefused;
  for (;;) {
    switch (step(input)) {
      case Step::kGoOn: break;
      case Step::kNeedMore: return Progress::kNeedMore;
      case Step::kHead: return Progress::kHead;
      case Step::kMessage: return Progress::kMessage;
      case Step::kRefused: return Progress::kRefused;
    }
  }
}

HttpReader::Step HttpReader::step(std::string_view& input) {
  switch (state_) {
    case State::kHead: return readHead(input);
    case State::kBodyStart: return beginBody();
    case State::kBody:
    case State::kChunkData: return readBody(input);
    case State::kUntilClose: return readUntilClose(input);
    case State::kChunkSize: return readChunkSize(input);
    case State::kChunkEnd: return readChunkEnd(input);
    case State::kTrailers: return readTrailer(input);
  }
  return Step::kNeedMore;
}

// Some clients send an extra empty line after a body.
HttpReader::Step HttpReader::skipEmptyLines(std::string_view& input) {
  while (!input.empty() && (input.front() == '\r' || input.front() == '\n')) {
    const std::size_t size = input.front() == '\r' ? 2 : 1;
    if (input.size() < size) return Step::kNeedMore;
    if (input[size - 1] != '\n') return refuse({400, "this is not HTTP"});
    if (++emptyLines_ > kMaxEmptyLines) return refuse({400, "too many empty lines"});
    input.remove_prefix(size);
  }
  return Step::kGoOn;
}

HttpReader::Step HttpReader::readHead(std::string_view& input) {
  if (role_ == Role::kRequests && !input.empty() && input.front() < ' ') {
    const Step skipped = skipEmptyLines(input);
    if (skipped != Step::kGoOn) return skipped;
  }
  if (input.empty()) return Step::kNeedMore;
  if (cannotBeginHttp(role_, input.front())) return refuse({400, whatItIs(role_, input.front())});
  const std::string_view text = input.substr(0, headRoom());
  const std::size_t end = findHeadEnd(text, std::min(scanned_, text.size()));
  if (end == 0) return headIncomplete(text);

  scanned_ = 0;
  emptyLines_ = 0;
  parts_ = false;
  if (shared_ && own_) drop();
  const HttpRefusal bad =
      parseHttpHead(role_, text.substr(0, end), orUnlimited(limits_->headerLines), head_,
                    message_->headers, limits_->keepRepeated);
  if (bad.status != 0) return refuse(bad);
  message_->status = head_.status;
  input.remove_prefix(end);
  message_->body.clear();
  return chooseBody();
}

HttpReader::Step HttpReader::headIncomplete(std::string_view seen) {
  if (seen.size() == headRoom()) return refuse(kHeadTooLarge);
  scanned_ = seen.size() - std::min<std::size_t>(seen.size(), 2);  // "\n\r" may be its end
  return Step::kNeedMore;
}

HttpReader::Step HttpReader::chooseBody() {
  if (role_ == Role::kReplies) {
    const int status = head_.status;
    if (status < 200 && status != 101)
      return Step::kGoOn;  // an interim reply: the final one
                           // follows
    if (status < 200 || status == 204 || status == 304 || noBody_) return complete();
  }
  const bool hasBody = head_.chunked || role_ == Role::kReplies || head_.length > 0;
  if (!limits_->heads || !hasBody) return beginBody();
  state_ = State::kBodyStart;
  return Step::kHead;
}

HttpReader::Step HttpReader::beginBody() {
  if (head_.chunked) {
    state_ = State::kChunkSize;
    return Step::kGoOn;
  }
  if (head_.hasLength) {
    state_ = State::kBody;
    if (head_.length > bodyRoom()) return refuse(kBodyTooLarge);
    remaining_ = head_.length;
    return remaining_ == 0 ? complete() : Step::kGoOn;
  }
  if (role_ == Role::kRequests) return complete();
  head_.close = true;
  state_ = State::kUntilClose;
  return Step::kGoOn;
}

std::size_t HttpReader::headRoom() const noexcept { return orUnlimited(limits_->headerBytes); }

// How much longer the body may become.
std::uint64_t HttpReader::bodyRoom() const noexcept {
  return parts_ ? std::numeric_limits<std::uint64_t>::max()
                : orUnlimited(limits_->bodyBytes) - message_->body.size();
}

HttpReader::Step HttpReader::readBody(std::string_view& input) {
  remaining_ -= takeBody(input, remaining_);
  if (remaining_ > 0) return Step::kNeedMore;
  if (state_ == State::kBody) return complete();
  state_ = State::kChunkEnd;
  return Step::kGoOn;
}

HttpReader::Step HttpReader::readUntilClose(std::string_view& input) {
  if (input.size() > bodyRoom()) return refuse(kBodyTooLarge);
  takeBody(input, input.size());
  return Step::kNeedMore;
}

HttpReader::Step HttpReader::readChunkSize(std::string_view& input) {
  std::string_view line;
  const Line found = peekLine(input, kMaxChunkLine, line);
  if (found == Line::kNeedMore) return Step::kNeedMore;
  if (found == Line::kBad || !parseChunkLine(line, remaining_)) {
    return refuse({400, "malformed chunk size"});
  }
  if (remaining_ > bodyRoom()) return refuse(kBodyTooLarge);
  input.remove_prefix(line.size() + 2);
  state_ = State::kChunkData;
  if (remaining_ == 0) {
    state_ = State::kTrailers;
    remaining_ = headRoom();
    trailerLines_ = 0;
  }
  return Step::kGoOn;
}

HttpReader::Step HttpReader::readChunkEnd(std::string_view& input) {
  const std::string_view end = input.substr(0, 2);
  if (end != std::string_view("\r\n").substr(0, end.size())) {
    return refuse({400, "a chunk is longer than its size"});
  }
  if (end.size() < 2) return Step::kNeedMore;
  input.remove_prefix(2);
  state_ = State::kChunkSize;
  return Step::kGoOn;
}

HttpReader::Step HttpReader::readTrailer(std::string_view& input) {
  std::string_view line;
  const Line found = peekLine(input, remaining_, line);
  if (found == Line::kNeedMore) return Step::kNeedMore;
  if (found == Line::kBad) return refuse({400, "malformed trailer"});
  input.remove_prefix(line.size() + 2);
  if (line.empty()) return complete();
  if (!isHttpField(line)) return refuse({400, "malformed trailer"});
  if (++trailerLines_ > orUnlimited(limits_->headerLines)) return refuse(kTooManyLines);
  remaining_ -= line.size() + 2;
  return Step::kGoOn;
}

std::uint64_t HttpReader::takeBody(std::string_view& input, std::uint64_t atMost) {
  const std::string_view piece = input.substr(0, std::min<std::uint64_t>(input.size(), atMost));
  message_->body.append(piece);
  input.remove_prefix(piece.size());
  return piece.size();
}

HttpReader::Progress HttpReader::read(Buffer& input) {
  std::string_view rest = input.contiguous();
  const std::size_t before = rest.size();
  const Progress progress = read(rest);
  input.drain(before - rest.size());
  return progress;
}

HttpReader::Progress HttpReader::finish(Buffer& input) {
  const Progress progress = read(input);
  if (progress != Progress::kNeedMore || !midMessage(input.size())) return progress;
  if (state_ == State::kUntilClose) {
    complete();
    return Progress::kMessage;
  }
  refuse({400, "the connection was closed in the middle of a message"});
  return Progress::kRefused;
}

HttpReader::Step HttpReader::refuse(const HttpRefusal& refusal) {
  refusal_ = std::make_unique<const HttpRefusal>(refusal);
  return Step::kRefused;
}

HttpReader::Step HttpReader::complete() {
  state_ = State::kHead;
  noBody_ = false;
  return Step::kMessage;
}

}  // namespace evmicro::detail
