#include <evmicro/broker.h>

namespace evmicro {

namespace {

std::string tellOf(const PublishResult& result) {
  const std::size_t lost = result.dropped.size() + result.failed.size();
  std::string text = "broker: " + std::to_string(lost) + " of " +
                     std::to_string(lost + result.delivered.size()) +
                     " subscriptions did not get the message";
  const char* separator = ": ";
  for (const PublishResult::Failure& failure : result.failed) {
    text += separator + failure.node + ": " + failure.why.detail();
    separator = "; ";
  }
  for (const std::string& node : result.dropped) {
    text += separator + node + ": dropped, too many messages wait for it";
    separator = "; ";
  }
  return text;
}

}  // namespace

Status PublishResult::status() const {
  if (dropped.empty() && failed.empty()) return {};
  if (failed.empty()) return Status::overloaded(tellOf(*this));
  const Status& first = failed.front().why;
  return Status(first.kind(), first.code(), first.id(), tellOf(*this));
}

}  // namespace evmicro
