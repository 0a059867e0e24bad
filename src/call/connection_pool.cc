#include "call/connection_pool.h"

#include <algorithm>
#include <iterator>

namespace evmicro::detail {

// Watches one idle connection; any event on it ends it.
class ConnectionPool::Idle final : private Socket::Observer {
 public:
  Idle(Idles& all, NodeConnection connection) : all_(all), connection_(std::move(connection)) {
    connection_.socket->observe(this);
  }

  NodeConnection release() {
    connection_.socket->observe(nullptr);
    return std::move(connection_);
  }

  Idles::iterator place;

 private:
  void onMessage(Message&) override { drop(); }
  void onPeerFinished() override { drop(); }
  void onClosed(Status) override { drop(); }
  void drop() { all_.erase(place); }  // destroys this

  Idles& all_;
  NodeConnection connection_;
};

ConnectionPool::ConnectionPool(std::size_t perNode, std::chrono::milliseconds idle)
    : perNode_(perNode), idle_(idle) {}
ConnectionPool::~ConnectionPool() = default;

NodeConnection ConnectionPool::take(const std::string& address, Place* place) {
  Idles* idles = known(place);
  if (!idles) {
    const auto found = idles_.find(address);
    if (found == idles_.end()) return {};
    idles = &found->second;
    if (place) *place = {idles, removals_};
  }
  while (!idles->empty()) {
    NodeConnection connection = idles->back().release();
    idles->pop_back();
    if (!connection.socket->reusable()) continue;
    connection.socket->setIdleTimeout(std::chrono::milliseconds(0));
    return connection;
  }
  return {};
}

void ConnectionPool::give(const std::string& address, NodeConnection connection, Place* place) {
  if (perNode_ == 0 || !connection.socket->reusable()) return;
  Idles* idles = known(place);
  if (!idles) {
    if (idles_.size() >= dropAt_) dropEmpty();
    idles = &idles_[address];
    if (place) *place = {idles, removals_};
  }
  if (idles->size() >= perNode_) return;
  connection.socket->setIdleTimeout(idle_);
  idles->emplace_back(*idles, std::move(connection));
  idles->back().place = std::prev(idles->end());
}

void ConnectionPool::dropEmpty() {
  ++removals_;
  for (auto entry = idles_.begin(); entry != idles_.end();) {
    entry = entry->second.empty() ? idles_.erase(entry) : std::next(entry);
  }
  dropAt_ = std::max<std::size_t>(64, 2 * idles_.size());
}

}  // namespace evmicro::detail
