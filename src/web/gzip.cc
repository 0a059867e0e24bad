#include "web/gzip.h"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <utility>

#include <evmicro/compressed.h>

#include "web/connection.h"
#include "web/header_tokens.h"

namespace evmicro::detail {

namespace {

constexpr int kLevel = 1;             // the others cost several times as much for some percent
constexpr int kGzipWindow = 15 + 16;  // 16: the format is gzip

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// `gzip;q=0` and `gzip; q=0.000` refuse.
bool isRefused(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return false;
  const std::string_view weight = parameters.substr(at + 2);
  return !weight.empty() && weight.find_first_not_of("0. \t") == std::string_view::npos;
}

}  // namespace

bool acceptsGzip(const WebFields& headers) {
  std::optional<bool> named;
  bool any = false;
  for (const std::string_view token : headerTokens(headers, "Accept-Encoding")) {
    const std::size_t end = std::min(token.find_first_of("; \t"), token.size());
    const bool taken = !isRefused(token.substr(end));
    if (equalsIgnoringCase(token.substr(0, end), "gzip")) named = taken;
    if (token.substr(0, end) == "*") any = taken;
  }
  return named.value_or(any);
}

bool isCompressible(const WebFields& headers) {
  bool suitable = false;
  for (const auto& [name, value] : headers) {
    if (equalsIgnoringCase(name, "Content-Encoding") || equalsIgnoringCase(name, "Content-Range")) {
      return false;
    }
    if (equalsIgnoringCase(name, "Cache-Control") &&
        value.find("no-transform") != std::string::npos) {
      return false;
    }
    if (!equalsIgnoringCase(name, "Content-Type")) continue;
    const std::string_view type = std::string_view(value).substr(0, value.find(';'));
    suitable = type.substr(0, 5) == "text/" || endsWith(type, "json") || endsWith(type, "xml") ||
               endsWith(type, "javascript") || endsWith(type, "wasm");
  }
  return suitable;
}

WebFields compressedHeaders(const WebFields& headers) {
  WebFields changed = headers;
  for (auto& [name, value] : changed) {
    // The bytes are others now, so they are equal only in meaning.
    if (equalsIgnoringCase(name, "ETag") && value.substr(0, 2) != "W/") value.insert(0, "W/");
  }
  changed.emplace_back("Content-Encoding", "gzip");
  return changed;
}

GzipWriter::GzipWriter() {
  if (deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

GzipWriter::~GzipWriter() { deflateEnd(&stream_); }

std::string GzipWriter::run(std::string_view bytes, int flush) {
  std::string out;
  std::array<char, 16'384> block;
  // zlib takes a pointer to bytes that it does not change, and fewer than 4 GiB at a time.
  do {
    const std::string_view piece = bytes.substr(0, 1U << 30);
    bytes.remove_prefix(piece.size());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(block.data());
      stream_.avail_out = static_cast<uInt>(block.size());
      deflate(&stream_, bytes.empty() ? flush : Z_NO_FLUSH);
      out.append(block.data(), block.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  } while (!bytes.empty());
  return out;
}

}  // namespace evmicro::detail

namespace evmicro {

WebServer::Handler compressed(WebServer::Handler handler, std::size_t leastBytes) {
  return [handler = std::move(handler), leastBytes](WebRequest request, WebReply reply) {
    const auto& exchange = detail::WebExchange::of(reply);
    exchange->gzipFrom = leastBytes;
    exchange->takesGzip = detail::acceptsGzip(request.headers);
    handler(std::move(request), std::move(reply));
  };
}

}  // namespace evmicro
