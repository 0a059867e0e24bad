#pragma once

#include <optional>

#include "client/client_call.h"

namespace evmicro::detail {

/// Who reports errors that are made here.
inline constexpr std::string_view kClientId = "go.micro.client";

/// The headers of a message: content type, the context's metadata without what belongs to one
/// connection, and who sends it.
void messageHeaders(const ClientOptions& options, const PreparedCall& prepared,
                    const Context& context, Metadata& headers);

/// The headers of a request: content type, the context's metadata without what belongs to one
/// connection, who calls, and the time that is left.
void requestHeaders(const ClientOptions& options, const PreparedCall& prepared,
                    const Context& context, std::optional<EventLoop::Clock::time_point> deadline,
                    Metadata& headers);

/// `client: call greeter Greeter.Hello at 127.0.0.1:9090: <detail>`, signed by this side.
Status describeFailure(const PreparedCall& prepared, const Node& node, Status why);

}  // namespace evmicro::detail
