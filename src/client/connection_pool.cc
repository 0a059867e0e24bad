#include "client/connection_pool.h"

#include <algorithm>
#include <iterator>

namespace evmicro::detail {

// Watches one waiting connection; whatever happens on it is its end.
class ConnectionPool::Idle final : private Socket::Observer {
 public:
  Idle(Idles& all, std::unique_ptr<Socket> socket) : all_(all), socket_(std::move(socket)) {
    socket_->observe(this);
  }

  std::unique_ptr<Socket> release() {
    socket_->observe(nullptr);
    return std::move(socket_);
  }

  Idles::iterator place;

 private:
  void onMessage(Message&) override { drop(); }
  void onPeerFinished() override { drop(); }
  void onClosed(Status) override { drop(); }
  void drop() { all_.erase(place); }  // destroys this

  Idles& all_;
  std::unique_ptr<Socket> socket_;
};

ConnectionPool::ConnectionPool(std::size_t perNode, std::chrono::milliseconds idle)
    : perNode_(perNode), idle_(idle) {}
ConnectionPool::~ConnectionPool() = default;

std::unique_ptr<Socket> ConnectionPool::take(const std::string& address) {
  const auto found = idles_.find(address);
  if (found == idles_.end()) return nullptr;
  Idles& idles = found->second;
  while (!idles.empty()) {
    std::unique_ptr<Socket> socket = idles.back().release();
    idles.pop_back();
    if (!socket->reusable()) continue;
    socket->setIdleTimeout(std::chrono::milliseconds(0));
    return socket;
  }
  return nullptr;
}

void ConnectionPool::give(const std::string& address, std::unique_ptr<Socket> socket) {
  if (perNode_ == 0 || !socket->reusable()) return;
  if (idles_.size() >= dropAt_) dropEmpty();
  Idles& idles = idles_[address];
  if (idles.size() >= perNode_) return;
  socket->setIdleTimeout(idle_);
  idles.emplace_back(idles, std::move(socket));
  idles.back().place = std::prev(idles.end());
}

void ConnectionPool::dropEmpty() {
  for (auto entry = idles_.begin(); entry != idles_.end();) {
    entry = entry->second.empty() ? idles_.erase(entry) : std::next(entry);
  }
  dropAt_ = std::max<std::size_t>(64, 2 * idles_.size());
}

}  // namespace evmicro::detail
