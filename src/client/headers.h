#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <evmicro/client.h>
#include <evmicro/event_loop.h>

#include "call/prepared_call.h"

namespace evmicro::detail {

/// The headers of a request; the memory is reused for the next one.
struct RequestHeaders {
  Metadata all;
  std::string timeoutFor;
};

/// The headers of a message: content type, the context's metadata except the headers of a
/// connection, and the sender's name.
void messageHeaders(const ClientOptions& options, std::string_view contentType,
                    const Context& context, Metadata& headers);

/// The headers of a request to `address`, which is written in `form`: those of a message, and
/// Timeout with the time left and Timeout-For with the address it is meant for, because a relay may
/// pass both on.
void requestHeaders(const ClientOptions& options, const PreparedCall& prepared,
                    const CallForm& form, const Context& context,
                    std::optional<EventLoop::Clock::time_point> deadline, std::string_view address,
                    RequestHeaders& headers);

}  // namespace evmicro::detail
