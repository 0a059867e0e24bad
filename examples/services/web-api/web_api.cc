#include "web_api.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <regex>
#include <stdexcept>
#include <utility>

namespace web {

namespace {

constexpr int kAttempts = 2;

template <typename Plain>
std::string encode(const std::string& text, Plain plain) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter || plain(c)) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

// As Go does it: a blank is a plus.
std::string formEncoded(const std::string& text) {
  std::string form = encoded(text);
  for (auto at = form.find("%20"); at != std::string::npos; at = form.find("%20", at)) {
    form.replace(at, 3, "+");
  }
  return form;
}

}  // namespace

std::string encoded(const std::string& text) {
  return encode(text, [](char c) { return c == '-' || c == '.' || c == '_' || c == '~'; });
}

std::string formOf(const Parameters& parameters) {
  std::string form;
  for (const auto& [name, value] : parameters) {
    form += (form.empty() ? "" : "&") + formEncoded(name) + "=" + formEncoded(value);
  }
  return form;
}

std::string randomHex(std::size_t bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string random(bytes, '\0');
  if (::getrandom(random.data(), bytes, 0) != static_cast<ssize_t>(bytes)) {
    throw std::runtime_error("no random bytes");
  }
  std::string text;
  for (const char c : random) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kHex[byte >> 4], kHex[byte & 15]};
  }
  return text;
}

const char* const kNotOnEarth = "latitude must be within -90 and 90, longitude within -180 and 180";

// Of NaN each comparison is false.
bool onEarth(double latitude, double longitude) noexcept {
  return latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180;
}

std::string fixedText(double number) {
  char text[400];
  std::snprintf(text, sizeof(text), "%.6f", number);
  return text;
}

std::string pointText(double latitude, double longitude) {
  return fixedText(latitude) + "," + fixedText(longitude);
}

// A request to what is none could go to any host, with its secrets: libcurl takes much for a URL.
evmicro::Result<std::string> baseOf(const std::string& url) {
  static const std::regex kBase(
      R"(https?://([^/?#@\s]+@)?([^/?#@:\[\]\s]+|\[[0-9a-fA-F:.]+\])(:([0-9]{1,5}))?(/[^?#\s]*)?)",
      std::regex::icase);
  std::smatch parts;
  if (!std::regex_match(url, parts, kBase) || (parts[4].matched && std::stoi(parts[4]) > 65'535)) {
    // What it is instead may contain a secret.
    return evmicro::Status::invalid("expected http://HOST or https://HOST");
  }
  std::string base = url;
  while (base.back() == '/') base.pop_back();
  return base;
}

struct WebApi::Exchange {
  evmicro::HttpClientRequest request;
  Done done;
  evmicro::Call call;  // last: dropping it ends the request
};

WebApi::WebApi(evmicro::EventLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)), client_(loop) {}

void WebApi::get(const evmicro::Context& context, const std::string& path,
                 const Parameters& parameters, Done done) {
  evmicro::HttpClientRequest request;
  const std::string query = formOf(parameters);
  request.url = options_.base + path + (query.empty() ? "" : "?") + query;
  request.headers = options_.headers;
  send(std::move(request), context, std::move(done));
}

void WebApi::post(const evmicro::Context& context, const std::string& path,
                  const Parameters& parameters, Done done, std::vector<std::string> headers) {
  evmicro::HttpClientRequest request;
  request.method = "POST";
  request.url = options_.base + path;
  request.headers = options_.headers;
  request.headers.insert(request.headers.end(), headers.begin(), headers.end());
  request.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
  request.body = formOf(parameters);
  send(std::move(request), context, std::move(done));
}

void WebApi::send(evmicro::HttpClientRequest request, const evmicro::Context& context, Done done) {
  request.timeout = options_.timeout;
  if (const auto deadline = context.deadline()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        *deadline - evmicro::EventLoop::now());
    request.timeout = std::clamp(left, std::chrono::milliseconds(1), options_.timeout);
  }
  request.maxReplyBytes = options_.maxReplyBytes;
  const auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->done = std::move(done);
  running_[exchange.get()] = exchange;
  attempt(exchange, kAttempts);
}

void WebApi::attempt(const std::shared_ptr<Exchange>& exchange, int left) {
  exchange->call = client_.send(
      exchange->request,
      [this, raw = exchange.get(), left](evmicro::Result<evmicro::HttpClientReply> reply) {
        const bool unsent = reply.status().kind() == evmicro::ErrorKind::kUnavailable;
        const auto found = running_.find(raw);
        if (unsent && left > 1) return attempt(found->second, left - 1);
        const std::shared_ptr<Exchange> ended = std::move(found->second);
        running_.erase(found);
        loop_.deleteLater(std::shared_ptr<void>(ended));  // its token is that of this callback
        ended->done(std::move(reply));
      });
}

}  // namespace web
