#include <evmicro/http_endpoints.h>

#include <algorithm>
#include <cassert>

#include <evmicro/http_client.h>
#include <evmicro/lifetime.h>

#include "base/hidden.h"
#include "net/http_address.h"

namespace evmicro {

namespace {

using detail::HttpAddress;

constexpr std::size_t kMaxReplyBytes = 64U << 20;
constexpr std::size_t kMaxQuoted = 200;

// Shortens an error page for a message: its first line, printable, not too long.
std::string firstLine(std::string_view body) {
  std::string line(body.substr(0, std::min(body.find_first_of("\r\n"), kMaxQuoted)));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

// The endpoint cannot serve the request, another one may. A request that cannot be sent (kInvalid)
// cannot be sent anywhere.
bool endpointFailed(const Result<HttpClientReply>& reply) {
  return reply.ok() ? reply->status >= 500 : reply.status().kind() != ErrorKind::kInvalid;
}

HttpClientOptions clientOptions(const TlsOptions& tls) {
  HttpClientOptions options;
  options.tls = tls;
  return options;
}

}  // namespace

std::string EndpointReply::header(std::string_view name) const { return findHeader(headers, name); }

class EVMICRO_HIDDEN HttpEndpoints::Impl {
 public:
  Impl(EventLoop& loop, Options options);

  Call send(EndpointRequest request, Done done);
  Call stream(EndpointRequest request, Piece piece, Done done);
  void use(std::size_t endpoint);

  std::size_t inUse() const noexcept { return inUse_; }
  std::size_t count() const noexcept { return options_.addresses.size(); }
  const std::string& address(std::size_t endpoint) const noexcept;

 private:
  struct Attempt;

  Call refuse(Done done);
  void attempt(Attempt& attempt);
  void answered(Attempt& attempt, Result<HttpClientReply> reply);
  EndpointReply judge(const std::string& who, const std::string& what, std::size_t endpoint,
                      Result<HttpClientReply> reply) const;
  HttpClientRequest httpRequest(const EndpointRequest& request, std::size_t endpoint) const;
  std::string nameOf(std::size_t endpoint) const;
  HttpClient& heldClient();

  EventLoop& loop_;
  const Options options_;
  std::vector<HttpAddress> endpoints_;  // empty when one of them is malformed
  Status problem_;                      // of the options: every request fails with it
  std::size_t inUse_ = 0;
  HttpClient http_;
  std::unique_ptr<HttpClient> held_;  // created when it is needed
  Lifetime lifetime_;
};

/// A request that is tried at one endpoint after the other. Owned by the Call.
struct HttpEndpoints::Impl::Attempt {
  EndpointRequest request;
  Done done;
  std::size_t endpoint = 0;
  std::size_t tried = 0;
  std::string failures;  // of the previous endpoints
  Call waiting;          // last: its callback uses all of the above
};

namespace {

// `GET /v1/catalog`: for messages, so without the query.
std::string describe(const EndpointRequest& request) {
  return request.method + " " + request.path.substr(0, request.path.find('?'));
}

}  // namespace

HttpEndpoints::Impl::Impl(EventLoop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      problem_(options_.problem),
      http_(loop, clientOptions(options_.tls)) {
  assert(!options_.addresses.empty());
  if (!problem_.ok()) return;
  for (const std::string& text : options_.addresses) {
    Result<HttpAddress> address = HttpAddress::parse(options_.kind, text, options_.defaultPort);
    if (!address.ok()) {
      problem_ = std::move(address).status();
      endpoints_.clear();
      return;
    }
    endpoints_.push_back(std::move(*address));
  }
}

const std::string& HttpEndpoints::Impl::address(std::size_t endpoint) const noexcept {
  return endpoints_.empty() ? options_.addresses[endpoint] : endpoints_[endpoint].authority;
}

std::string HttpEndpoints::Impl::nameOf(std::size_t endpoint) const {
  return options_.kind + " " + address(endpoint);
}

Call HttpEndpoints::Impl::refuse(Done done) {
  return loop_.defer(lifetime_.guard([problem = problem_, done = std::move(done)] {
    done({problem, 0, {}, 0, {}});
  }));
}

Call HttpEndpoints::Impl::send(EndpointRequest request, Done done) {
  if (!problem_.ok()) return refuse(std::move(done));
  auto first = std::make_shared<Attempt>();
  first->endpoint = request.endpoint.value_or(inUse_);
  first->request = std::move(request);
  first->done = std::move(done);
  attempt(*first);
  return Call(std::move(first));
}

Call HttpEndpoints::Impl::stream(EndpointRequest request, Piece piece, Done done) {
  if (!problem_.ok()) return refuse(std::move(done));
  const std::size_t endpoint = request.endpoint.value_or(inUse_);
  return heldClient().stream(httpRequest(request, endpoint), std::move(piece),
                             [this, endpoint, what = describe(request),
                              done = std::move(done)](Result<HttpClientReply> reply) {
                               done(judge(nameOf(endpoint), what, endpoint, std::move(reply)));
                             });
}

HttpClient& HttpEndpoints::Impl::heldClient() {
  if (!held_) held_ = std::make_unique<HttpClient>(loop_, clientOptions(options_.tls));
  return *held_;
}

HttpClientRequest HttpEndpoints::Impl::httpRequest(const EndpointRequest& request,
                                                   std::size_t endpoint) const {
  HttpClientRequest http;
  http.method = request.method;
  http.url = endpoints_[endpoint].baseUrl + request.path;
  http.socketPath = endpoints_[endpoint].socketPath;
  http.body = request.body;
  http.timeout = options_.timeout + request.held;
  http.maxReplyBytes = kMaxReplyBytes;
  http.headers = request.headers;
  if (!http.body.empty()) http.headers.emplace_back("Content-Type: application/json");
  http.headers.insert(http.headers.end(), options_.headers.begin(), options_.headers.end());
  return http;
}

void HttpEndpoints::Impl::attempt(Attempt& attempt) {
  ++attempt.tried;
  // No guard is needed: the attempt owns the Call, and the clients are members.
  HttpClient& http = attempt.request.held.count() > 0 ? heldClient() : http_;
  attempt.waiting =
      http.send(httpRequest(attempt.request, attempt.endpoint),
                [this, &attempt](auto reply) { answered(attempt, std::move(reply)); });
}

void HttpEndpoints::Impl::answered(Attempt& current, Result<HttpClientReply> reply) {
  const bool pinned = current.request.endpoint.has_value();
  const bool failed = endpointFailed(reply);
  if (!failed && !pinned) use(current.endpoint);
  EndpointReply result = judge(current.failures + nameOf(current.endpoint),
                               describe(current.request), current.endpoint, std::move(reply));
  if (failed && !pinned && current.tried < count()) {
    current.failures = result.status.detail() + "; ";
    current.endpoint = (current.endpoint + 1) % count();
    attempt(current);
    return;
  }
  const Done done = std::move(current.done);
  done(std::move(result));  // may destroy the attempt and this object
}

void HttpEndpoints::Impl::use(std::size_t endpoint) {
  if (std::exchange(inUse_, endpoint) != endpoint && options_.onSwitch) options_.onSwitch();
}

EndpointReply HttpEndpoints::Impl::judge(const std::string& who, const std::string& what,
                                         std::size_t endpoint,
                                         Result<HttpClientReply> reply) const {
  if (!reply.ok()) return {std::move(reply).status().withContext(who), 0, {}, endpoint, {}};
  EndpointReply result{
      {}, reply->status, std::move(reply->body), endpoint, std::move(reply->headers)};
  if (result.http == 200) return result;
  std::string text = who + ": answered " + std::to_string(result.http) + " to " + what;
  std::string why = options_.explain ? options_.explain(result.body) : std::string();
  if (why.empty()) why = result.body;
  if (const std::string line = firstLine(why); !line.empty()) text += ": " + line;
  const bool keepsCode = result.http >= 400 && result.http < 500 && result.http != 404;
  result.status = keepsCode ? Status::error(result.http, {}, std::move(text))
                            : Status::internal(std::move(text));
  return result;
}

HttpEndpoints::HttpEndpoints(EventLoop& loop, Options options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
HttpEndpoints::~HttpEndpoints() = default;

Call HttpEndpoints::send(EndpointRequest request, Done done) {
  return impl_->send(std::move(request), std::move(done));
}
Call HttpEndpoints::stream(EndpointRequest request, Piece piece, Done done) {
  return impl_->stream(std::move(request), std::move(piece), std::move(done));
}
void HttpEndpoints::avoid(std::size_t endpoint) {
  if (endpoint == inUse()) impl_->use((endpoint + 1) % count());
}
std::size_t HttpEndpoints::inUse() const noexcept { return impl_->inUse(); }
std::size_t HttpEndpoints::count() const noexcept { return impl_->count(); }
const std::string& HttpEndpoints::address(std::size_t endpoint) const noexcept {
  return impl_->address(endpoint);
}

}  // namespace evmicro
