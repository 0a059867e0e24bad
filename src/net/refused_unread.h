#pragma once

namespace evmicro::detail {

/// A dialled socket that shares a connection with others, as gRPC's: the connection may end before
/// the peer has read what was sent here, although the peer is well.
class RefusedUnread {
 public:
  /// Whether the socket was closed so: on another connection the same peer may answer.
  virtual bool refusedUnread() const noexcept = 0;

 protected:
  ~RefusedUnread() = default;
};

}  // namespace evmicro::detail
