#include "agent/held_queries.h"

#include <utility>
#include <variant>

#include <evmicro/timer.h>

namespace evmicro::detail {

struct HeldQueries::Held {
  ApiRequest request;
  std::string topic;
  HttpExchange exchange;
  Timer timeout;
};

HeldQueries::HeldQueries(EventLoop& loop, AgentApi& api, std::size_t limit)
    : loop_(loop), api_(api), limit_(limit) {}

HeldQueries::~HeldQueries() = default;

void HeldQueries::hold(ApiRequest request, const ApiHold& hold, HttpExchange exchange) {
  if (held_.size() >= limit_) {
    const ApiReply refusal = textReply(429, "this agent holds too many blocking queries");
    exchange.reply(refusal.status, refusal.headers, refusal.body);
    return;
  }
  const std::uint64_t id = ++lastId_;
  exchange.onGone(lifetime_.guard([this, id] { release(id); }));
  auto held = std::unique_ptr<Held>(
      new Held{std::move(request), hold.topic, std::move(exchange),
               Timer(loop_, [this, id] { answer(id, AgentApi::Wait::kOver); })});
  held->timeout.start(hold.wait);
  byTopic_[hold.topic].insert(id);
  held_.emplace(id, std::move(held));
}

void HeldQueries::wake(const std::set<std::string>& topics) {
  for (const std::string& topic : topics) {
    const auto waiting = byTopic_.find(topic);
    if (waiting == byTopic_.end()) continue;
    const std::set<std::uint64_t> ids = waiting->second;  // a copy: answering changes the original
    for (const std::uint64_t id : ids) answer(id, AgentApi::Wait::kAllowed);
  }
}

void HeldQueries::answer(std::uint64_t id, AgentApi::Wait wait) {
  const auto found = held_.find(id);
  if (found == held_.end()) return;
  const AgentApi::Answer answer = api_.handle(found->second->request, wait, EventLoop::now());
  const auto* reply = std::get_if<ApiReply>(&answer);
  if (!reply) return;
  const std::unique_ptr<Held> held = release(id);
  held->exchange.reply(reply->status, reply->headers, reply->body);
}

std::unique_ptr<HeldQueries::Held> HeldQueries::release(std::uint64_t id) {
  const auto found = held_.find(id);
  if (found == held_.end()) return nullptr;
  std::unique_ptr<Held> held = std::move(found->second);
  held_.erase(found);
  const auto waiting = byTopic_.find(held->topic);
  waiting->second.erase(id);
  if (waiting->second.empty()) byTopic_.erase(waiting);
  return held;
}

}  // namespace evmicro::detail
