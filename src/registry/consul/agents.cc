#include "registry/consul/agents.h"

#include <algorithm>
#include <cassert>
#include <charconv>

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

bool isHeaderValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

// "Basic", a blank, and the credentials.
bool isHeaderLine(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

HttpClientOptions clientOptions(const ConsulAgents::Options& options) {
  HttpClientOptions client;
  client.tls = options.tls;
  return client;
}

std::uint64_t indexOf(const HttpClientReply& reply) {
  const std::string text = reply.header("X-Consul-Index");
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  return error == std::errc() && end == text.data() + text.size() ? index : 0;
}

}  // namespace

/// A request that tries one agent after the other. Owned by the caller's token.
struct ConsulAgents::Attempt {
  ConsulRequest request;
  Done done;
  std::size_t agent = 0;
  std::size_t tried = 0;
  std::string failures;  // of the previous agents
  Call waiting;          // last: its callback uses all of the above
};

ConsulAgents::ConsulAgents(EventLoop& loop, Options options, std::function<void()> onSwitch)
    : loop_(loop),
      options_(std::move(options)),
      onSwitch_(std::move(onSwitch)),
      http_(loop, clientOptions(options_)),
      heldHttp_(loop, clientOptions(options_)) {
  problem_ = options_.problem;
  if (!problem_.ok()) return;
  assert(!options_.addresses.empty());
  for (const std::string& text : options_.addresses) {
    Result<HttpAddress> address = HttpAddress::parse("consul", text, "8500");
    if (!address.ok()) {
      problem_ = std::move(address).status();
      return;
    }
    agents_.push_back(std::move(*address));
  }
  if (!isHeaderValue(options_.token)) {
    problem_ =
        Status::invalid("consul token: contains characters that are not allowed in an HTTP header");
  }
  for (const std::string& line : options_.headers) {
    if (isHeaderLine(line)) continue;
    problem_ = Status::invalid(
        "consul: " + line.substr(0, line.find(':')) +
        " from the environment contains characters that are not allowed in an HTTP header");
  }
}

const std::string& ConsulAgents::address(std::size_t agent) const noexcept {
  return agent < agents_.size() ? agents_[agent].authority : options_.addresses[agent];
}

Call ConsulAgents::send(ConsulRequest request, Done done) {
  if (!problem_.ok()) {
    return loop_.defer(lifetime_.guard([problem = problem_, done = std::move(done)] {
      done({problem, 0, {}, 0, 0});
    }));
  }
  auto attempt = std::make_shared<Attempt>();
  attempt->agent = request.agent.value_or(inUse_);
  attempt->request = std::move(request);
  attempt->done = std::move(done);
  tryAgent(*attempt);
  return Call(std::move(attempt));
}

HttpClientRequest ConsulAgents::httpRequest(const Attempt& attempt) const {
  HttpClientRequest http;
  http.method = attempt.request.method;
  http.url = agents_[attempt.agent].baseUrl + attempt.request.path;
  http.socketPath = agents_[attempt.agent].socketPath;
  http.body = attempt.request.body;
  // An agent adds up to a sixteenth to the time, so that watchers do not all return at once.
  const auto held = attempt.request.held;
  http.timeout = options_.timeout + held + held / 16;
  http.maxReplyBytes = kMaxReplyBytes;
  if (!http.body.empty()) http.headers.emplace_back("Content-Type: application/json");
  if (!options_.token.empty()) http.headers.push_back("X-Consul-Token: " + options_.token);
  http.headers.insert(http.headers.end(), options_.headers.begin(), options_.headers.end());
  return http;
}

void ConsulAgents::tryAgent(Attempt& attempt) {
  ++attempt.tried;
  // Both references are safe: the attempt owns the token, and http_ is ours.
  HttpClient& http = attempt.request.held.count() > 0 ? heldHttp_ : http_;
  attempt.waiting = http.send(
      httpRequest(attempt), [this, &attempt](auto reply) { answered(attempt, std::move(reply)); });
}

void ConsulAgents::answered(Attempt& attempt, Result<HttpClientReply> reply) {
  const bool othersLeft = !attempt.request.agent && attempt.tried < agents_.size();
  const bool failed = nextMayDoBetter(reply);
  if (!failed && !attempt.request.agent) use(attempt.agent);
  ConsulReply result = judge(attempt, std::move(reply));
  if (failed && othersLeft) {
    attempt.failures = result.status.detail() + "; ";
    attempt.agent = (attempt.agent + 1) % agents_.size();
    tryAgent(attempt);
    return;
  }
  const Done done = std::move(attempt.done);
  done(std::move(result));  // may destroy the attempt and this object
}

void ConsulAgents::avoid(std::size_t agent) {
  if (agent == inUse_) use((agent + 1) % options_.addresses.size());
}

void ConsulAgents::use(std::size_t agent) {
  if (std::exchange(inUse_, agent) != agent && onSwitch_) onSwitch_();
}

ConsulReply ConsulAgents::judge(const Attempt& attempt, Result<HttpClientReply> reply) const {
  const std::string who = attempt.failures + "consul " + agents_[attempt.agent].authority;
  if (!reply.ok()) {
    return {std::move(reply).status().withContext(who), 0, {}, attempt.agent, 0};
  }
  ConsulReply result{{}, reply->status, std::move(reply->body), attempt.agent, indexOf(*reply)};
  if (result.http == 200) return result;
  const std::string& path = attempt.request.path;
  std::string text = who + ": answered " + std::to_string(result.http) + " to " +
                     attempt.request.method + " " + path.substr(0, path.find('?'));
  if (const std::string line = firstLine(result.body); !line.empty()) text += ": " + line;
  const bool ours = result.http >= 400 && result.http < 500 && result.http != 404;
  result.status =
      ours ? Status::error(result.http, {}, std::move(text)) : Status::internal(std::move(text));
  return result;
}

}  // namespace evmicro::detail
