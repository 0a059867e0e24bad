#include <evmicro/web_files.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha1.h"
#include "net/descriptor.h"
#include "web/header_tokens.h"

namespace evmicro {

namespace {

constexpr std::size_t kPiece = 64U << 10;

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
};

// What is known of a file before its content is read.
struct FileFacts {
  std::uint64_t size = 0;
  std::string tag;            // quoted
  std::int64_t modified = 0;  // seconds; 0: unknown
  std::string_view type;
};

std::string httpDate(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 40> text;
  // Not strftime(), whose names depend on the locale.
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900,
                parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text.data();
}

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

enum class RangeKind { kWhole, kPart, kUnsatisfiable };

// Of several ranges, of other units and of malformed ones the whole file is sent (RFC 9110, 14.2).
RangeKind parseRange(std::string_view text, std::uint64_t size, Range& range) {
  range = {0, size};
  constexpr std::string_view kUnit = "bytes=";
  const std::size_t dash = text.find('-');
  if (text.substr(0, kUnit.size()) != kUnit || dash == std::string_view::npos ||
      text.find(',') != std::string_view::npos) {
    return RangeKind::kWhole;
  }
  const std::string_view first = text.substr(kUnit.size(), dash - kUnit.size());
  const std::string_view last = text.substr(dash + 1);
  const auto begin = number(first);
  const auto end = number(last);
  if ((!begin && !first.empty()) || (!end && !last.empty()) || (!begin && !end)) {
    return RangeKind::kWhole;
  }
  if (!begin) {  // the last bytes
    range.size = std::min(*end, size);
    range.begin = size - range.size;
    return range.size == 0 ? RangeKind::kUnsatisfiable : RangeKind::kPart;
  }
  if (end && *end < *begin) return RangeKind::kWhole;
  if (*begin >= size) return RangeKind::kUnsatisfiable;
  range.begin = *begin;
  range.size = (end ? std::min(*end, size - 1) : size - 1) - *begin + 1;
  return RangeKind::kPart;
}

bool isUnchanged(const WebRequest& request, const FileFacts& facts) {
  if (findField(request.headers, "If-None-Match")) {
    return detail::hasHeaderToken(request.headers, "If-None-Match", facts.tag) ||
           detail::hasHeaderToken(request.headers, "If-None-Match", "W/" + facts.tag) ||
           detail::hasHeaderToken(request.headers, "If-None-Match", "*");
  }
  return facts.modified != 0 &&
         findField(request.headers, "If-Modified-Since") == httpDate(facts.modified);
}

void notFound(const WebFilesOptions& options, WebReply& reply) {
  WebFields headers = options.headers;
  headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  reply.send(404, headers, "404 page not found\n");
}

struct Answer {
  int status = 200;
  WebFields headers;
  Range range;
};

// What to send of the file; nullopt: has answered without it.
std::optional<Answer> answerFile(const WebRequest& request, const FileFacts& facts,
                                 const WebFilesOptions& options, WebReply& reply) {
  Answer answer;
  answer.headers = options.headers;
  answer.headers.emplace_back("ETag", facts.tag);
  answer.headers.emplace_back("Cache-Control", options.cacheControl);
  if (facts.modified != 0) answer.headers.emplace_back("Last-Modified", httpDate(facts.modified));
  if (isUnchanged(request, facts)) {
    reply.send(304, answer.headers, {});
    return std::nullopt;
  }
  answer.headers.emplace_back("Content-Type", facts.type);
  if (!findField(options.headers, "X-Content-Type-Options")) {
    answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  }
  answer.headers.emplace_back("Accept-Ranges", "bytes");
  // A range of another version of the file would be of no use.
  const auto ifRange = findField(request.headers, "If-Range");
  const bool same = !ifRange || *ifRange == facts.tag;
  const std::string_view asked = findField(request.headers, "Range").value_or("");
  switch (parseRange(same ? asked : "", facts.size, answer.range)) {
    case RangeKind::kWhole: break;
    case RangeKind::kPart:
      answer.status = 206;
      answer.headers.emplace_back(
          "Content-Range", "bytes " + std::to_string(answer.range.begin) + "-" +
                               std::to_string(answer.range.begin + answer.range.size - 1) + "/" +
                               std::to_string(facts.size));
      break;
    case RangeKind::kUnsatisfiable:
      answer.headers = options.headers;
      answer.headers.emplace_back("Content-Range", "bytes */" + std::to_string(facts.size));
      reply.send(416, answer.headers, {});
      return std::nullopt;
  }
  return answer;
}

// A file on its way. Owned by the onWritable of its reply, until that is complete.
struct FileOnItsWay {
  detail::Descriptor file;
  WebReply reply;
  Range left;
};

void sendFile(const std::shared_ptr<FileOnItsWay>& sent) {
  Range& left = sent->left;
  std::string piece;
  while (left.size > 0) {
    piece.resize(std::min<std::uint64_t>(kPiece, left.size));
    const ssize_t size =
        ::pread(sent->file.get(), piece.data(), piece.size(), static_cast<off_t>(left.begin));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;  // the file has become shorter: ending early breaks the connection
    left.begin += static_cast<std::uint64_t>(size);
    left.size -= static_cast<std::uint64_t>(size);
    const bool more = sent->reply.write({piece.data(), static_cast<std::size_t>(size)});
    if (!more && left.size > 0) return;
  }
  sent->reply.end();
}

void startFile(detail::Descriptor file, const Answer& answer, bool head, WebReply reply) {
  reply.begin(answer.status, answer.headers, answer.range.size);
  if (head) return reply.end();
  const auto sent =
      std::make_shared<FileOnItsWay>(FileOnItsWay{std::move(file), std::move(reply), answer.range});
  sent->reply.onWritable([sent] { sendFile(sent); });
  sendFile(sent);
}

// Below `root` after all symbolic links have been followed; empty if there is no such file.
std::string realPath(const std::string& root, const std::string& path) {
  if (path.find('\0') != std::string::npos) return {};
  const std::unique_ptr<char, void (*)(void*)> base(::realpath(root.c_str(), nullptr), std::free);
  const std::unique_ptr<char, void (*)(void*)> file(
      ::realpath((root + "/" + path).c_str(), nullptr), std::free);
  if (!base || !file) return {};
  std::string below = base.get();
  if (below.back() != '/') below += '/';
  const std::string found = file.get();
  return found.compare(0, below.size(), below) == 0 || found + "/" == below ? found : std::string();
}

// Not a folder, a device or a pipe, which would block.
detail::Descriptor openFile(const std::string& path, FileFacts& facts) {
  detail::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return detail::Descriptor(-1);
  }
  facts.size = static_cast<std::uint64_t>(status.st_size);
  facts.modified = status.st_mtim.tv_sec;
  facts.tag = "\"" + std::to_string(status.st_size) + "-" + std::to_string(status.st_mtim.tv_sec) +
              "." + std::to_string(status.st_mtim.tv_nsec) + "\"";
  facts.type = contentTypeOf(path);
  return file;
}

// The file at `path`, or the index of the folder there.
detail::Descriptor openBelow(const std::string& root, const std::string& path,
                             const std::string& index, FileFacts& facts) {
  for (const std::string& each : {path, path + "/" + index}) {
    const std::string real = realPath(root, each);
    if (real.empty()) continue;
    detail::Descriptor file = openFile(real, facts);
    if (file.get() >= 0) return file;
  }
  return detail::Descriptor(-1);
}

std::string pathOf(const WebRequest& request) {
  const auto found = request.params.find("path");
  return found == request.params.end() ? std::string() : found->second;
}

std::string digestTag(std::string_view bytes) {
  std::string tag = "\"";
  for (const unsigned char byte : detail::sha1(bytes)) {
    constexpr char kDigits[] = "0123456789abcdef";
    tag += kDigits[byte >> 4];
    tag += kDigits[byte & 15];
  }
  return tag + "\"";
}

}  // namespace

WebServer::Handler serveFolder(std::string folder, WebFilesOptions options) {
  return [folder = std::move(folder), options = std::move(options)](const WebRequest& request,
                                                                    WebReply reply) {
    FileFacts facts;
    detail::Descriptor file = openBelow(folder, pathOf(request), options.index, facts);
    if (file.get() < 0) return notFound(options, reply);
    const std::optional<Answer> answer = answerFile(request, facts, options, reply);
    if (answer) startFile(std::move(file), *answer, request.method == "HEAD", std::move(reply));
  };
}

WebServer::Handler serveAssets(std::vector<WebAsset> assets, WebFilesOptions options) {
  struct Known {
    std::string_view bytes;
    FileFacts facts;
  };
  std::map<std::string, Known> known;
  for (WebAsset& asset : assets) {
    const FileFacts facts{asset.bytes.size(), digestTag(asset.bytes), 0, contentTypeOf(asset.path)};
    known[std::move(asset.path)] = {asset.bytes, facts};
  }
  return [known = std::move(known), options = std::move(options)](const WebRequest& request,
                                                                  WebReply reply) {
    std::string path = pathOf(request);
    if (path.empty() || path.back() == '/') path += options.index;
    const auto found = known.find(path);
    if (found == known.end()) return notFound(options, reply);
    const std::optional<Answer> answer = answerFile(request, found->second.facts, options, reply);
    if (!answer) return;
    reply.send(answer->status, answer->headers,
               found->second.bytes.substr(answer->range.begin, answer->range.size));
  };
}

std::string_view contentTypeOf(std::string_view name) {
  struct Type {
    std::string_view ending;
    std::string_view type;
  };
  constexpr Type kTypes[] = {
      {"html", "text/html; charset=utf-8"},
      {"htm", "text/html; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"js", "text/javascript; charset=utf-8"},
      {"mjs", "text/javascript; charset=utf-8"},
      {"json", "application/json"},
      {"map", "application/json"},
      {"txt", "text/plain; charset=utf-8"},
      {"md", "text/markdown; charset=utf-8"},
      {"csv", "text/csv; charset=utf-8"},
      {"xml", "application/xml"},
      {"svg", "image/svg+xml"},
      {"png", "image/png"},
      {"jpg", "image/jpeg"},
      {"jpeg", "image/jpeg"},
      {"gif", "image/gif"},
      {"webp", "image/webp"},
      {"avif", "image/avif"},
      {"ico", "image/x-icon"},
      {"woff", "font/woff"},
      {"woff2", "font/woff2"},
      {"wasm", "application/wasm"},
      {"pdf", "application/pdf"},
      {"zip", "application/zip"},
      {"gz", "application/gzip"},
      {"webmanifest", "application/manifest+json"},
  };
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos) {
    for (const Type& each : kTypes) {
      if (detail::equalsIgnoringCase(each.ending, name.substr(dot + 1))) return each.type;
    }
  }
  return "application/octet-stream";
}

}  // namespace evmicro
