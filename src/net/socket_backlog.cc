#include "net/socket_backlog.h"

#include <utility>

#include "net/socket_life.h"

namespace evmicro::detail {

SocketBacklog::~SocketBacklog() = default;

void SocketBacklog::add(std::unique_ptr<Socket> socket, SocketLife& life) {
  life.waitIn(*this, waiting_.size());
  waiting_.push_back({std::move(socket), &life});
}

// The last one moves to the free index.
std::unique_ptr<Socket> SocketBacklog::take(std::size_t place) {
  std::unique_ptr<Socket> socket = std::move(waiting_[place].socket);
  if (place + 1 < waiting_.size()) {
    waiting_[place] = std::move(waiting_.back());
    waiting_[place].life->waitIn(*this, place);
  }
  waiting_.pop_back();
  return socket;
}

}  // namespace evmicro::detail
