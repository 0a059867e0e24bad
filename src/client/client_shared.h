#pragma once

#include <cstdint>
#include <list>

#include <evmicro/client.h>

#include "call/node_access.h"
#include "client/headers.h"
#include "event/deadlines.h"

namespace evmicro::detail {

class ClientStreamEnd;

/// State shared by the calls and streams of a client.
struct ClientShared {
  const ClientOptions options;
  NodeAccess nodes;
  Deadlines deadlines;
  std::list<ClientStreamEnd*> streams{};  // open; owned by their users
  RequestHeaders headers{};               // of the request that is being sent
  std::uint64_t hedges = 0;
  std::uint64_t hedgesWon = 0;
};

}  // namespace evmicro::detail
