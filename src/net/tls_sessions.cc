#include "net/tls_sessions.h"

#include <iterator>
#include <utility>

namespace evmicro::detail {

void TlsSessions::keep(const std::string& peer, SslSession session) {
  if (find(peer)) {
    byUse_.front().session = std::move(session);
    return;
  }
  if (all_.size() == kMost) erase(std::prev(byUse_.end()));
  byUse_.push_front({peer, std::move(session)});
  all_.emplace(byUse_.front().peer, byUse_.begin());
}

SSL_SESSION* TlsSessions::find(const std::string& peer) {
  const auto found = all_.find(peer);
  if (found == all_.end()) return nullptr;
  byUse_.splice(byUse_.begin(), byUse_, found->second);
  return found->second->session.get();
}

void TlsSessions::forget(const std::string& peer) {
  const auto found = all_.find(peer);
  if (found != all_.end()) erase(found->second);
}

void TlsSessions::clear() noexcept {
  all_.clear();
  byUse_.clear();
}

void TlsSessions::erase(List::iterator kept) {
  all_.erase(kept->peer);
  byUse_.erase(kept);
}

}  // namespace evmicro::detail
