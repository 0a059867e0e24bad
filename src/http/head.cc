#include "http/head.h"

#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "base/digits.h"

namespace evmicro::detail {

namespace {

constexpr unsigned char kToken = 1;   // may be in a header's name or a method
constexpr unsigned char kValue = 2;   // may be in a header's value
constexpr unsigned char kTarget = 4;  // may be in a request's target
constexpr unsigned char kHost = 8;    // may be in a Host header: as Go's servers have it

constexpr std::array<unsigned char, 256> makeClasses() {
  std::array<unsigned char, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    if (c >= 0x20 && c != 0x7f) classes[c] |= kValue;
    if (c > 0x20 && c != 0x7f) classes[c] |= kTarget;
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alphanumeric) classes[c] |= kToken;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    classes[static_cast<unsigned char>(c)] |= kToken;
  }
  for (unsigned c = 0; c < 256; ++c) {
    if (c < 0x80 && (classes[c] & kToken) != 0) classes[c] |= kHost;
  }
  for (const char c : std::string_view("#^`|")) classes[static_cast<unsigned char>(c)] &= ~kHost;
  for (const char c : std::string_view("(),:;=[]")) {
    classes[static_cast<unsigned char>(c)] |= kHost;
  }
  classes['\t'] |= kValue;
  return classes;
}

constexpr std::array<unsigned char, 256> kClasses = makeClasses();

bool isOf(unsigned char wanted, char c) noexcept {
  return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

bool allOf(unsigned char wanted, std::string_view text) noexcept {
  unsigned char common = wanted;
  for (const char c : text) common &= kClasses[static_cast<unsigned char>(c)];
  return common != 0;
}

// Eight bytes at a time: most of a head is values, which rarely have unusual bytes.
bool isPlainText(std::string_view text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kTops = kOnes << 7;
  while (text.size() >= 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), 8);
    const std::uint64_t control = (eight - kOnes * 0x20) & ~eight;  // below 0x20
    const std::uint64_t del = ((eight ^ kOnes * 0x7f) - kOnes) & ~(eight ^ kOnes * 0x7f);
    if (((control | del) & kTops) != 0) return false;  // possibly invalid: check byte by byte
    text.remove_prefix(8);
  }
  return allOf(kValue, text);
}

bool isValue(std::string_view text) noexcept { return isPlainText(text) || allOf(kValue, text); }

// Whether `name` is the canonical name of a header that every call has.
bool isEverydayName(std::string_view name) noexcept {
  switch (name.size()) {
    case 4: return std::memcmp(name.data(), "Host", 4) == 0;
    case 7: return std::memcmp(name.data(), "Timeout", 7) == 0;
    case 10: return std::memcmp(name.data(), "User-Agent", 10) == 0;
    case 12: return std::memcmp(name.data(), "Content-Type", 12) == 0;
    case 14: return std::memcmp(name.data(), "Content-Length", 14) == 0;
    case 20: return std::memcmp(name.data(), "X-Micro-From-Service", 20) == 0;
    default: return false;
  }
}

bool isBlank(char c) noexcept { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

// `lower` is in lower case, with only characters whose upper case is 32 below.
bool equalsNoCase(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower[i]) return false;
  }
  return true;
}

HttpRefusal bad(std::string_view reason) { return {400, reason}; }

// The next line without its end; empty if there is none.
std::string_view takeLine(std::string_view& text) noexcept {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

class HttpHeadParser {
 public:
  HttpHeadParser(HttpRole role, std::size_t maxLines, HttpHead& head, Metadata& headers,
                 bool keepRepeated)
      : role_(role),
        linesLeft_(maxLines),
        keepRepeated_(keepRepeated),
        head_(head),
        headers_(headers) {}

  HttpRefusal parse(std::string_view text);

 private:
  HttpRefusal requestLine(std::string_view line);
  HttpRefusal requestVersion(std::string_view version);
  HttpRefusal statusLine(std::string_view line);
  HttpRefusal headerLine(std::string_view line);
  HttpRefusal known(std::string_view name, std::string_view value);
  HttpRefusal contentLength(std::string_view value);
  HttpRefusal transferEncoding(std::string_view value);
  void connection(std::string_view value);
  HttpRefusal conclude();

  const HttpRole role_;
  std::size_t linesLeft_;
  const bool keepRepeated_;
  HttpHead& head_;
  Metadata& headers_;
  bool host_ = false;
  bool closes_ = false;
  bool keepsAlive_ = false;
};

HttpRefusal HttpHeadParser::parse(std::string_view text) {
  head_.status = 0;
  head_.minorVersion = 1;
  head_.expectsContinue = head_.chunked = head_.hasLength = false;
  head_.length = 0;

  const std::string_view first = takeLine(text);
  HttpRefusal refusal = role_ == HttpRole::kRequests ? requestLine(first) : statusLine(first);
  // The headers are parsed in their final place.
  std::string_view lines(headers_.startHead(text), text.size());
  while (refusal.status == 0) {
    const std::string_view line = takeLine(lines);
    if (line.empty()) return conclude();
    refusal = linesLeft_-- > 0 ? headerLine(line) : kTooManyLines;
  }
  headers_.clear();
  return refusal;
}

HttpRefusal HttpHeadParser::requestLine(std::string_view line) {
  const std::size_t methodEnd = line.find(' ');
  if (methodEnd == 0 || methodEnd == std::string_view::npos ||
      !allOf(kToken, line.substr(0, methodEnd))) {
    return bad("malformed request line: it does not begin with a method and a space");
  }
  const std::size_t targetEnd = line.find(' ', methodEnd + 1);
  if (targetEnd == std::string_view::npos) {
    return bad("malformed request line: no HTTP version");
  }
  const std::string_view target = line.substr(methodEnd + 1, targetEnd - methodEnd - 1);
  if (target.empty() || !allOf(kTarget, target)) {
    return bad("malformed request line: the target is empty or has a control byte in it");
  }
  head_.method.assign(line.substr(0, methodEnd));
  head_.target.assign(target);
  return requestVersion(line.substr(targetEnd + 1));
}

HttpRefusal HttpHeadParser::requestVersion(std::string_view version) {
  if (version == "HTTP/1.1") return {};
  if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || !isDigit(version[5]) ||
      version[6] != '.' || !isDigit(version[7])) {
    return bad("malformed request line: it does not end in an HTTP version");
  }
  if (version != "HTTP/1.0") return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  head_.minorVersion = 0;
  return {};
}

// Go peers accept any version of the form HTTP/d.d, and any status of three digits.
HttpRefusal HttpHeadParser::statusLine(std::string_view line) {
  const bool shaped = line.size() >= 12 && line.substr(0, 5) == "HTTP/" && isDigit(line[5]) &&
                      line[6] == '.' && isDigit(line[7]) && line[8] == ' ' && isDigit(line[9]) &&
                      isDigit(line[10]) && isDigit(line[11]) &&
                      (line.size() == 12 || line[12] == ' ');
  if (!shaped || line[5] == '0') return bad("not an HTTP reply: malformed status line");
  if (!allOf(kValue, line.substr(12))) return bad("malformed status line: control byte in it");
  head_.status =
      static_cast<std::int16_t>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
  if (head_.status < 100) return bad("malformed status line: status below 100");
  head_.minorVersion = line[5] == '1' && line[7] == '0' ? 0 : 1;
  return {};
}

HttpRefusal HttpHeadParser::headerLine(std::string_view line) {
  if (isBlank(line.front())) return bad("folded header line");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad("header line without a colon");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  // It points into headers_, see parse().
  if (!isEverydayName(name) &&
      !Metadata::canonicalise(const_cast<char*>(name.data()), name.size())) {
    return bad("header name is not a token");
  }
  if (!isValue(value)) return bad("control byte in a header value");
  // Peers built with an old Go send the broker's ":topic" if it has got into the metadata.
  if (name.empty()) return {};
  HttpRefusal refusal = known(name, value);
  if (refusal.status == 0 && (keepRepeated_ || !headers_.find(name))) {
    headers_.addFromHead(name, value);
  }
  return refusal;
}

// The length distinguishes most names: few headers are compared at all.
HttpRefusal HttpHeadParser::known(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      if (role_ != HttpRole::kRequests || name != "Host") return {};
      if (std::exchange(host_, true)) return bad("more than one Host header");
      return allOf(kHost, value) ? HttpRefusal{} : bad("malformed Host header");
    case 6:
      if (role_ != HttpRole::kRequests || name != "Expect") return {};
      if (equalsNoCase(value, "100-continue")) head_.expectsContinue = true;
      return {};
    case 10:
      if (name == "Connection") connection(value);
      return {};
    case 14: return name == "Content-Length" ? contentLength(value) : HttpRefusal{};
    case 17: return name == "Transfer-Encoding" ? transferEncoding(value) : HttpRefusal{};
    default: return {};
  }
}

HttpRefusal HttpHeadParser::contentLength(std::string_view value) {
  if (value.empty()) return bad("empty Content-Length");
  std::uint64_t length = 0;
  for (const char c : value) {
    if (!isDigit(c)) return bad("Content-Length is not a number");
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) {
      return {413, "Content-Length is beyond any limit"};
    }
    length = length * 10 + digit;
  }
  // Go accepts a repeated one if the values are equal, and proxies in between may, too.
  if (head_.hasLength && head_.length != length) return bad("two different Content-Lengths");
  head_.hasLength = true;
  head_.length = length;
  return {};
}

HttpRefusal HttpHeadParser::transferEncoding(std::string_view value) {
  if (head_.chunked) return bad("more than one Transfer-Encoding");
  if (!equalsNoCase(value, "chunked")) return {501, "only the transfer encoding chunked is known"};
  head_.chunked = true;
  return {};
}

void HttpHeadParser::connection(std::string_view value) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const std::string_view token = trimmed(value.substr(0, comma));
    closes_ = closes_ || equalsNoCase(token, "close");
    keepsAlive_ = keepsAlive_ || equalsNoCase(token, "keep-alive");
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
}

// Checks that need the whole head.
HttpRefusal HttpHeadParser::conclude() {
  head_.close = closes_ || (head_.minorVersion == 0 && !keepsAlive_);
  if (head_.chunked && head_.hasLength) return bad("both Content-Length and Transfer-Encoding");
  if (role_ == HttpRole::kReplies) return {};
  if (!host_ && head_.minorVersion > 0) return bad("no Host header");
  if (head_.chunked && head_.minorVersion == 0) return bad("Transfer-Encoding with HTTP/1.0");
  if (head_.method == "HEAD" && (head_.chunked || head_.length > 0)) return bad("HEAD with a body");
  if (head_.method == "CONNECT") return {501, "no tunnels here"};
  if (head_.expectsContinue && head_.minorVersion == 0) head_.expectsContinue = false;
  return {};
}

namespace {

// The target without scheme and authority, which only proxies and their clients send.
std::string_view originForm(std::string_view target) noexcept {
  if (target.substr(0, 1) == "/") return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::size_t path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

}  // namespace

HttpRefusal parseHttpHead(HttpRole role, std::string_view text, std::size_t maxLines,
                          HttpHead& head, Metadata& headers, bool keepRepeated) {
  return HttpHeadParser(role, maxLines, head, headers, keepRepeated).parse(text);
}

bool isHttpToken(std::string_view text) noexcept { return !text.empty() && allOf(kToken, text); }
bool isHttpFieldValue(std::string_view text) noexcept { return isValue(text); }
bool isHttpField(std::string_view line) noexcept {
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && isHttpToken(line.substr(0, colon)) &&
         isValue(line.substr(colon + 1));
}
bool isCleanHttpFieldValue(std::string_view text) noexcept {
  return isValue(text) && trimmed(text).size() == text.size();
}

bool cannotBeginHttp(HttpRole role, char first) noexcept {
  return role == HttpRole::kRequests ? !isOf(kToken, first) : first != 'H';
}

HttpTarget splitHttpTarget(std::string_view target) noexcept {
  target = originForm(target);
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  HttpTarget parts;
  parts.path = target.substr(0, mark);
  if (parts.path.empty()) parts.path = "/";
  if (mark != std::string_view::npos) parts.query = target.substr(mark + 1);
  return parts;
}

}  // namespace evmicro::detail
