#include "integration/constant_caller.h"

#include <utility>

#include "server/debug.pb.h"

namespace evmicro::test {

ConstantCaller::ConstantCaller(EventLoop& loop, ServiceOptions options)
    : service_(loop, std::move(options)), next_(loop, [this] { call(); }) {
  call();
}

std::string ConstantCaller::allFailures() const {
  std::string text;
  for (const std::string& failure : failures_) text += failure + "\n";
  return text;
}

std::size_t ConstantCaller::nodes() {
  const auto known = service_.serviceView().known("greeter");
  return known ? known->nodes.size() : 0;
}

void ConstantCaller::reset() {
  begun_ -= ended_;
  ended_ = 0;
  failures_.clear();
}

void ConstantCaller::call() {
  next_.start(kInterval);
  ++begun_;
  service_.client().call<detail::HealthResponse>(
      Context(), "greeter", "Debug.Health", detail::HealthRequest(),
      [this](const Result<detail::HealthResponse>& reply) {
        ++ended_;
        if (!reply.ok()) failures_.push_back(reply.status().toString());
      });
}

}  // namespace evmicro::test
