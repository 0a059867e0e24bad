#include "web_api.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdio>
#include <memory>
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

evmicro::HttpClientOptions clientOptions(const WebApi::Options& options) {
  evmicro::HttpClientOptions client;
  client.tls = options.tls;
  return client;
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

// Whose callers have too much to ask is not at fault.
int codeOf(const evmicro::Status& status) noexcept {
  return status.kind() == evmicro::ErrorKind::kOverloaded ? 429 : 500;
}

std::string fixedText(double number) {
  char text[400];
  std::snprintf(text, sizeof(text), "%.6f", number);
  return text;
}

std::string pointText(double latitude, double longitude) {
  return fixedText(latitude) + "," + fixedText(longitude);
}

struct WebApi::Exchange {
  evmicro::HttpClientRequest request;
  Done done;
  evmicro::EventLoop::Clock::time_point begun = evmicro::EventLoop::now();
  evmicro::Call call;  // last: dropping it ends the request
};

WebApi::WebApi(evmicro::EventLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)), client_(loop, clientOptions(options_)) {}

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
  if (running_.size() >= options_.maxRunning) {
    ++counters_.refused;
    return loop_.post(lifetime_.guard([done = std::move(done)] {
      done(evmicro::Status::overloaded("too many requests wait for the API, try again later"));
    }));
  }
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
        if (unsent && left > 1) {
          ++counters_.repeated;
          return attempt(found->second, left - 1);
        }
        const std::shared_ptr<Exchange> ended = std::move(found->second);
        running_.erase(found);
        note(reply, evmicro::EventLoop::now() - ended->begun);
        loop_.deleteLater(std::shared_ptr<void>(ended));  // its token is that of this callback
        ended->done(std::move(reply));
      });
}

void WebApi::note(const evmicro::Result<evmicro::HttpClientReply>& reply,
                  evmicro::EventLoop::Clock::duration took) {
  ++counters_.ended[reply.ok() ? std::to_string(reply->status / 100) + "xx" : "none"];
  const double seconds = std::chrono::duration<double>(took).count();
  evmicro::Distribution& all = counters_.seconds;
  const auto bucket = std::lower_bound(all.bounds.begin(), all.bounds.end(), seconds);
  ++all.counts[static_cast<std::size_t>(bucket - all.bounds.begin())];
  all.sum += seconds;
}

evmicro::Collector WebApi::collector() const {
  return [this](evmicro::Metrics& metrics) {
    for (const auto& [status, count] : counters_.ended) {
      metrics.counter("web_api_requests_total", "Requests to the API, by status; none: no reply.",
                      count, {{"status", status}});
    }
    metrics.gauge("web_api_requests_running", "Requests that have not been answered.",
                  static_cast<double>(running_.size()));
    metrics.counter("web_api_requests_refused_total", "Requests that were too many at a time.",
                    counters_.refused);
    metrics.counter("web_api_repetitions_total", "Requests sent again, as nothing had been sent.",
                    counters_.repeated);
    metrics.histogram("web_api_request_duration_seconds", "Until the reply, or its failure.",
                      counters_.seconds);
  };
}

}  // namespace web
