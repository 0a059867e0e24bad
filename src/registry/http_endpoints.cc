#include "registry/http_endpoints.h"

#include <algorithm>
#include <cassert>
#include <memory>

namespace evmicro::detail {

namespace {

constexpr std::size_t kMaxReplyBytes = 64U << 20;
constexpr std::size_t kMaxQuoted = 200;

// The useful part of an error page: its first line, printable, limited in length.
std::string firstLine(std::string_view body) {
  std::string line(body.substr(0, std::min(body.find_first_of("\r\n"), kMaxQuoted)));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

bool nextMayDoBetter(const Result<HttpClientReply>& reply) {
  return reply.ok() ? reply->status >= 500 : reply.status().kind() != ErrorKind::kInvalid;
}

HttpClientOptions clientOptions(const HttpEndpoints::Options& options) {
  HttpClientOptions client;
  client.tls = options.tls;
  return client;
}

}  // namespace

/// A request that tries one endpoint after the other. Owned by the caller's token.
struct HttpEndpoints::Attempt {
  Request request;
  Done done;
  std::size_t endpoint = 0;
  std::size_t tried = 0;
  std::string failures;  // of the previous endpoints
  Call waiting;          // last: its callback uses all of the above
};

HttpEndpoints::HttpEndpoints(EventLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)), http_(loop, clientOptions(options_)) {
  assert(!options_.addresses.empty());
  for (const std::string& text : options_.addresses) {
    Result<HttpAddress> address = HttpAddress::parse(options_.kind, text, options_.defaultPort);
    if (!address.ok()) {
      problem_ = std::move(address).status();
      return;
    }
    endpoints_.push_back(std::move(*address));
  }
}

const std::string& HttpEndpoints::address() const noexcept {
  return problem_.ok() ? endpoints_[inUse_].authority : options_.addresses[inUse_];
}

std::string HttpEndpoints::nameOf(std::size_t endpoint) const {
  return options_.kind + " " + endpoints_[endpoint].authority;
}

Call HttpEndpoints::refuse(Done done) {
  return loop_.defer(lifetime_.guard([problem = problem_, done = std::move(done)] {
    done({problem, 0, {}});
  }));
}

Call HttpEndpoints::send(Request request, Done done) {
  if (!problem_.ok()) return refuse(std::move(done));
  auto attempt = std::make_shared<Attempt>();
  attempt->endpoint = inUse_;
  attempt->request = std::move(request);
  attempt->done = std::move(done);
  tryNext(*attempt);
  return Call(std::move(attempt));
}

Call HttpEndpoints::stream(Request request, HttpClient::Piece piece, Done done) {
  if (!problem_.ok()) return refuse(std::move(done));
  HttpClientRequest http = httpRequest(request, inUse_);
  return http_.stream(
      std::move(http), std::move(piece),
      [this, who = nameOf(inUse_), path = std::move(request.path), done = std::move(done)](
          Result<HttpClientReply> reply) { done(judge(who, path, std::move(reply))); });
}

HttpClientRequest HttpEndpoints::httpRequest(const Request& request, std::size_t endpoint) const {
  HttpClientRequest http;
  http.method = "POST";
  http.url = endpoints_[endpoint].baseUrl + request.path;
  http.socketPath = endpoints_[endpoint].socketPath;
  http.body = request.body;
  http.timeout = options_.timeout;
  http.maxReplyBytes = kMaxReplyBytes;
  http.headers = request.headers;
  http.headers.emplace_back("Content-Type: application/json");
  return http;
}

void HttpEndpoints::tryNext(Attempt& attempt) {
  ++attempt.tried;
  // Both references are safe: the attempt owns the token, and http_ is ours.
  attempt.waiting =
      http_.send(httpRequest(attempt.request, attempt.endpoint),
                 [this, &attempt](auto reply) { answered(attempt, std::move(reply)); });
}

void HttpEndpoints::answered(Attempt& attempt, Result<HttpClientReply> reply) {
  const bool failed = nextMayDoBetter(reply);
  if (!failed) inUse_ = attempt.endpoint;
  EndpointReply result =
      judge(attempt.failures + nameOf(attempt.endpoint), attempt.request.path, std::move(reply));
  if (failed && attempt.tried < endpoints_.size()) {
    attempt.failures = result.status.detail() + "; ";
    attempt.endpoint = (attempt.endpoint + 1) % endpoints_.size();
    tryNext(attempt);
    return;
  }
  const Done done = std::move(attempt.done);
  done(std::move(result));  // may destroy the attempt and this object
}

EndpointReply HttpEndpoints::judge(const std::string& who, const std::string& path,
                                   Result<HttpClientReply> reply) const {
  if (!reply.ok()) return {std::move(reply).status().withContext(who), 0, {}};
  EndpointReply result{{}, reply->status, std::move(reply->body)};
  if (result.http == 200) return result;
  std::string text = who + ": answered " + std::to_string(result.http) + " to POST " + path;
  std::string why = options_.explain ? options_.explain(result.body) : std::string();
  if (why.empty()) why = result.body;
  if (const std::string line = firstLine(why); !line.empty()) text += ": " + line;
  const bool ours = result.http >= 400 && result.http < 500 && result.http != 404;
  result.status =
      ours ? Status::error(result.http, {}, std::move(text)) : Status::internal(std::move(text));
  return result;
}

}  // namespace evmicro::detail
