#include "client/headers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace evmicro::detail {

namespace {

// Belongs to one connection or one message: not passed on from a handler's context to a call.
bool isHopByHop(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "Connection", "Content-Length", "Content-Type", "Content-Encoding",
      "Expect",     "Host",           "Keep-Alive",   "Te",
      "Timeout",    "Trailer",        "Upgrade",      "Transfer-Encoding",
  };
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace

void messageHeaders(const ClientOptions& options, const PreparedCall& prepared,
                    const Context& context, Metadata& headers) {
  headers.set("Content-Type", prepared.contentType);
  for (const Metadata::Entry& entry : context.metadata()) {
    if (!isHopByHop(entry.name)) headers.set(entry.name, entry.value);
  }
  if (!options.name.empty()) headers.set("X-Micro-From-Service", options.name);
}

void requestHeaders(const ClientOptions& options, const PreparedCall& prepared,
                    const Context& context, std::optional<EventLoop::Clock::time_point> deadline,
                    Metadata& headers) {
  messageHeaders(options, prepared, context, headers);
  if (deadline) {
    const std::chrono::nanoseconds left = *deadline - EventLoop::now();
    char digits[20];
    const auto end =
        std::to_chars(digits, std::end(digits), std::max<std::int64_t>(left.count(), 1));
    headers.set("Timeout", {digits, static_cast<std::size_t>(end.ptr - digits)});
  }
}

Status describeFailure(const PreparedCall& prepared, const Node& node, Status why) {
  std::string where = prepared.options.address;
  if (where.empty() && !node.id.empty()) where = node.dialAddress();
  std::string detail = why.detail();
  if (!where.empty() && detail.compare(0, where.size() + 2, where + ": ") == 0) {
    detail.erase(0, where.size() + 2);
  }
  std::string text = "client: call " + prepared.service + " " + prepared.method;
  if (!where.empty()) text += " at " + where;
  return Status(why.kind(), why.code(), std::string(kClientId), text + ": " + detail);
}

}  // namespace evmicro::detail
