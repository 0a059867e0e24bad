#include "client/headers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "http/rpc_header.h"

namespace evmicro::detail {

namespace {

// Headers of a single connection or message: not passed on from a handler's context to a call.
bool isHopByHop(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "Connection",   "Content-Length",
      "Content-Type", "Content-Encoding",
      "Expect",       "Host",
      "Keep-Alive",   "Stream-For",
      "Te",           "Timeout",
      "Timeout-For",  "Trailer",
      "Upgrade",      "Transfer-Encoding",
  };
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string fullMethod(const PreparedCall& prepared) {
  return prepared.package.empty() ? prepared.method : prepared.package + "." + prepared.method;
}

}  // namespace

void messageHeaders(const ClientOptions& options, std::string_view contentType,
                    const Context& context, Metadata& headers) {
  headers.set("Content-Type", contentType);
  for (const Metadata::Entry& entry : context.metadata()) {
    if (!isHopByHop(entry.name)) headers.set(entry.name, entry.value);
  }
  if (!options.name.empty()) headers.set("X-Micro-From-Service", options.name);
}

void requestHeaders(const ClientOptions& options, const PreparedCall& prepared,
                    const CallForm& form, const Context& context,
                    std::optional<EventLoop::Clock::time_point> deadline, std::string_view address,
                    RequestHeaders& headers) {
  headers.all.clear();
  messageHeaders(options, form.contentType, context, headers.all);
  if (form.grpc) headers.all.set(kRpcHeader, fullMethod(prepared));
  if (deadline) {
    const std::chrono::nanoseconds left = *deadline - EventLoop::now();
    char digits[20];
    const auto end =
        std::to_chars(digits, std::end(digits), std::max<std::int64_t>(left.count(), 1));
    const std::string_view time(digits, static_cast<std::size_t>(end.ptr - digits));
    headers.all.set("Timeout", time);
    // Go's services of 2016 send the headers of received calls with their own calls: the next
    // server must see that this timeout is not meant for it.
    headers.timeoutFor.assign(address).append(" ").append(time);
    headers.all.set("Timeout-For", headers.timeoutFor);
  }
}

}  // namespace evmicro::detail
