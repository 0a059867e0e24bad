#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/tls_handles.h"

namespace evmicro::detail {

/// The sessions that a client may resume, one for each peer. Each takes some 7 KB, half of which is
/// the peer's certificate; peers that have gone for good never say so. Beyond kMost the peer that
/// was asked for the longest ago is forgotten.
class TlsSessions {
 public:
  static constexpr std::size_t kMost = 256;

  /// In place of the one that `peer` had.
  void keep(const std::string& peer, SslSession session);
  /// Null: there is none. Valid until the next change.
  SSL_SESSION* find(const std::string& peer);
  void forget(const std::string& peer);
  void clear() noexcept;
  std::size_t size() const noexcept { return all_.size(); }

 private:
  struct Kept {
    std::string peer;
    SslSession session;
  };
  using List = std::list<Kept>;

  void erase(List::iterator kept);

  List byUse_;  // the latest first
  std::unordered_map<std::string_view, List::iterator> all_;
};

}  // namespace evmicro::detail
