#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <evmicro/call.h>
#include <evmicro/event_loop.h>
#include <evmicro/status.h>

#include "event/handles.h"
#include "net/accept_pacer.h"
#include "net/listen_address.h"

namespace evmicro::detail {

/// Accepts connections on the listening sockets of an address and hands out their descriptors, at
/// most AcceptPacer::kPerTurn per socket and turn of the loop. A temporary error pauses accepting;
/// connections wait in the backlog meanwhile. If one listening socket is broken, all are closed and
/// the error is reported.
class Acceptor {
 public:
  class Observer {
   public:
    /// A peer has connected. `fd` is non-blocking and close-on-exec, and belongs to the observer.
    /// May stop or destroy the acceptor.
    virtual void onAccepted(int fd) = 0;
    /// There is no descriptor for a waiting peer. If this call frees one, now or in a later turn,
    /// the peer is accepted soon.
    virtual void onNoDescriptor() {}
    /// Accepting has failed permanently (kUnavailable). Runs at most once, in a turn of its own.
    /// May destroy the acceptor.
    virtual void onAcceptFailure(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  /// Binds, listens and accepts on `address`, see openListeningSockets(). `loop` and `observer`
  /// must outlive it.
  static Result<std::unique_ptr<Acceptor>> open(EventLoop& loop, std::string_view address,
                                                Observer& observer);
  /// Takes ownership of `sockets`, at least one, and accepts on them.
  Acceptor(EventLoop& loop, std::vector<ListeningSocket> sockets, Observer& observer);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  /// As stop(); the observer is not called afterwards.
  ~Acceptor();

  /// Accepts the connections that are in the backlog now, because closing the listening socket
  /// would reset them. Calls the observer.
  void acceptWaiting();
  /// Stops accepting, closes the listening sockets and removes the file of a Unix socket.
  void stop() noexcept;

  /// Where the first socket listens, see ListeningSocket.
  const std::string& address() const noexcept { return address_; }
  /// How often accepting has been paused so far.
  std::uint64_t deferrals() const noexcept { return pacer_.pauses(); }
  /// The listening descriptors; none after stop().
  std::vector<int> descriptors() const;

 private:
  /// A listening socket; the destructor closes it.
  struct Door {
    Door(EventLoop& of, ListeningSocket socket, Acceptor& acceptor);
    Door(Door&& other) noexcept
        : loop(other.loop),
          fd(std::exchange(other.fd, -1)),
          file(std::move(other.file)),
          readable(std::move(other.readable)) {}
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;
    ~Door();

    EventLoop& loop;
    int fd;
    SocketFile file;  // of a Unix socket
    EventHandle readable;
  };

  static void onReadable(int fd, short what, void* self) noexcept;
  void acceptTurn(int fd);
  bool acceptOne(int fd, AcceptPacer::Next& next);
  bool acceptWaiting(int fd);
  void pause();
  void resume();
  void fail(int error);

  EventLoop& loop_;
  Observer& observer_;
  const std::string address_;
  std::vector<Door> doors_;    // none after stop()
  bool* destroyed_ = nullptr;  // set while the observer runs, which may destroy this
  AcceptPacer pacer_;
  Call failure_;
};

}  // namespace evmicro::detail
