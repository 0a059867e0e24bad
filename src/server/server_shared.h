#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/context.h>
#include <evmicro/event_loop.h>
#include <evmicro/wrapper.h>

#include "base/block_pool.h"
#include "codec/codec_table.h"
#include "event/turn_clock.h"
#include "server/callers.h"
#include "server/method_table.h"
#include "server/server_call.h"
#include "server/shedder.h"

namespace evmicro::detail {

/// The handlers of calls and messages, and the codecs to decode them.
struct Handlers {
  std::string name;  // of the service
  MethodTable methods{};
  CodecTable codecs{};
  // Shared with calls that outlive the server.
  std::shared_ptr<std::vector<Wrapper>> wrappers = std::make_shared<std::vector<Wrapper>>();
};

/// Counts the requests that did not become a call.
struct RefusedRequests {
  std::uint64_t unknownMethods = 0;
  std::uint64_t undecodable = 0;
  std::uint64_t unsupported = 0;
  std::uint64_t tooMany = 0;   // in flight
  std::uint64_t tooLarge = 0;  // for their method
  std::uint64_t shed = 0;
  std::uint64_t expired = 0;
};

/// Memory of the last call that the next one can reuse, because calls are usually alike.
struct CallMemory {
  Context context{};                                 // its state, if it was answered immediately
  std::shared_ptr<const std::string> contentType{};  // shared with the calls
  Metadata replyHeaders{};
  Metadata lastReplyHeaders{};  // the same, when the connection closes
};

/// State shared by all connections of a server.
struct ServerShared {
  EventLoop& loop;
  Handlers handlers;
  StreamLimits streams;
  std::size_t maxInFlight = 0;  // 0: no limit
  std::size_t inFlight = 0;     // calls that have not been answered, open streams included
  TurnClock turns;
  Shedder shedder;
  bool stopping = false;
  RefusedRequests refused{};
  Callers callers{};
  CallMemory memory{};
  BlockPool::Owner blocks = BlockPool::make();  // for connections
};

}  // namespace evmicro::detail
