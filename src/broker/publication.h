#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <evmicro/broker.h>

namespace evmicro::detail {

/// One message on its way, and what became of it so far: shared by its deliveries.
struct Publication {
  std::string topic;
  std::string json;
  Broker::Published done;  ///< empty: nobody wants to know
  PublishResult result;
  std::optional<Status> problem;
  std::size_t owed = 1;  ///< deliveries whose fate is open, and one while they are being made
};

/// One message for one node.
struct Delivery {
  std::shared_ptr<Publication> publication;
  std::string queue;               ///< whose turn the node has; empty: a broadcast
  std::vector<std::string> tried;  ///< members of the queue that could not be reached
};

}  // namespace evmicro::detail
