#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/context.h>
#include <evmicro/event_loop.h>
#include <evmicro/wrapper.h>

#include "codec/codec_table.h"
#include "server/method_table.h"
#include "server/server_call.h"

namespace evmicro::detail {

/// Who handles calls and messages, and how they are read.
struct Handlers {
  std::string name;  // of the service
  MethodTable methods{};
  CodecTable codecs{};
  // Also of calls that outlive the server.
  std::shared_ptr<std::vector<Wrapper>> wrappers = std::make_shared<std::vector<Wrapper>>();
};

/// Requests that did not become a call.
struct RefusedRequests {
  std::uint64_t unknownMethods = 0;
  std::uint64_t undecodable = 0;
  std::uint64_t unsupported = 0;
};

/// Of the last call, for the next, which is like it as a rule.
struct CallMemory {
  Context context{};                                 // its state, when it was answered at once
  std::shared_ptr<const std::string> contentType{};  // shared with the calls
  Metadata replyHeaders{};
};

/// What all connections of a server have in common.
struct ServerShared {
  EventLoop& loop;
  Handlers handlers;
  StreamLimits streams;
  bool stopping = false;
  RefusedRequests refused{};
  CallMemory memory{};
};

}  // namespace evmicro::detail
