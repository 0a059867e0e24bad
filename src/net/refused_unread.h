#pragma once

namespace evmicro::detail {

/// A dialled socket that shares a connection with others, as gRPC's: the connection may end before
/// the peer has read what was sent here, although the peer is well.
class RefusedUnread {
 public:
  enum class Why {
    kNot,              ///< it was not closed so
    kRefused,          ///< the peer has refused it
    kConnectionEnded,  ///< the peer has ended the connection before it
  };
  /// How the socket was closed: on another connection the same peer may answer.
  virtual Why refusedUnread() const noexcept = 0;

 protected:
  ~RefusedUnread() = default;
};

}  // namespace evmicro::detail
