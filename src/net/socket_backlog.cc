#include "net/socket_backlog.h"

#include <algorithm>
#include <utility>

#include "net/socket_life.h"

namespace evmicro::detail {

SocketBacklog::~SocketBacklog() = default;

void SocketBacklog::add(std::unique_ptr<Socket> socket, SocketLife& life) {
  life.waitIn(*this, waiting_.size());
  waiting_.push_back({std::move(socket), &life});
}

std::size_t SocketBacklog::awaited() const noexcept {
  const auto awaited = std::count_if(waiting_.begin(), waiting_.end(),
                                     [](const Waiting& one) { return one.life->heardLately(); });
  return static_cast<std::size_t>(awaited);
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
