#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <evmicro/broker.h>

namespace evmicro::detail {

/// One message being published, and its outcome so far. Shared by its deliveries.
struct Publication {
  std::string topic;
  std::string json;
  Broker::Published done;  ///< may be empty
  PublishResult result;
  std::optional<Status> problem;
  std::size_t owed = 1;  ///< open deliveries, plus one while they are being made
};

/// One message for one node.
struct Delivery {
  std::shared_ptr<Publication> publication;
  std::string queue;               ///< the queue that the node was chosen from; empty: a broadcast
  std::vector<std::string> tried;  ///< members of the queue that could not be reached
};

}  // namespace evmicro::detail
