// What clients send to the agent: targets, queries and bodies of its HTTP API.
#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "agent/api.h"
#include "agent/go_duration.h"
#include "agent/registration.h"
#include "base/duration.h"
#include "fuzz/target.h"

namespace evmicro::fuzz {

using namespace detail;

namespace {

struct AgentData {
  AgentStore store{{}};
  AgentNode node;
  AgentApi api{store, node};
  AgentStore::TimePoint now;
};

}  // namespace

// The first line is the method and the target, the rest the body. One agent takes all requests:
// what it has stored meets what comes.
void readAgentRequest(std::string_view bytes) {
  static auto agent = std::make_unique<AgentData>();
  if (agent->store.services().size() + agent->store.checks().size() > 100) {
    agent = std::make_unique<AgentData>();
  }
  agent->now += std::chrono::seconds(7);
  const std::size_t end = bytes.find('\n');
  const std::string_view line = bytes.substr(0, end);
  const std::size_t blank = line.find(' ');
  if (end == std::string_view::npos || blank == std::string_view::npos) return;
  const std::string_view target = line.substr(blank + 1);
  const std::size_t question = target.find('?');
  ApiRequest request;
  request.method = line.substr(0, blank);
  request.body = bytes.substr(end + 1);
  const std::string_view search =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  agent->store.expire(agent->now);
  if (request.setTarget(target.substr(0, question), search)) return;
  static_cast<void>(agent->api.handle(request, AgentApi::Wait::kAllowed, agent->now));
  const auto answer = agent->api.handle(request, AgentApi::Wait::kOver, agent->now);
  must(std::holds_alternative<ApiReply>(answer), "a query waits without end");
  static_cast<void>(agent->store.takeChanges());
}

void readAgentRegistration(std::string_view bytes) {
  const auto explained = [](const Status& status) {
    must(status.ok() || !status.detail().empty(), "an error without a text");
  };
  const auto service = readServiceRegistration(bytes);
  explained(service.status());
  must(!service.ok() || !service->service.name.empty(), "a service without a name");
  explained(readCheckRegistration(bytes).status());
  explained(readCheckUpdate(bytes).status());
}

void readDurations(std::string_view bytes) {
  const auto go = parseGoDuration(bytes);
  must(go.ok() || !go.status().detail().empty(), "an error without a text");
  const auto ours = parseDuration(bytes);
  must(ours.ok() || !ours.status().detail().empty(), "an error without a text");
  if (!ours.ok()) return;
  must(ours->count() >= 0, "a negative duration");
  const auto again = parseDuration(formatDuration(*ours));
  must(again.ok(), "a printed duration cannot be read");
}

}  // namespace evmicro::fuzz
