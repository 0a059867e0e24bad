#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/memory_transport.h>

#include "net/socket_life.h"

namespace evmicro::detail {

class MemorySocket;

/// The network between the ends: finds the other end for a dialled one.
class MemorySwitch {
 public:
  enum class Outcome { kConnected, kStalled };

  /// Connects `dialled` to its other end with link(). kStalled: nobody will ever answer.
  virtual Result<Outcome> connect(MemorySocket& dialled) = 0;
  /// The faults to inject; may change at any time.
  virtual MemoryFaults& faults() noexcept = 0;
  /// The deadlines of all ends.
  virtual Deadlines& deadlines() noexcept = 0;

 protected:
  ~MemorySwitch() = default;
};

/// One end of a connection within the process. A message that is sent goes directly into the inbox
/// of the other end, which delivers it in a turn of its own; until then it counts as queued here.
class MemorySocket final : public Socket, private SocketLife::Observer {
 public:
  enum class Role { kDialled, kAccepted };
  struct Options {
    std::size_t maxBodyBytes = 0;
    std::size_t maxHeaderBytes = 0;
    std::size_t highWaterBytes = 0;
    std::chrono::milliseconds idleTimeout{0};
    std::chrono::milliseconds connectTimeout{0};
  };
  struct Addresses {
    std::string local;
    std::string peer;
  };

  /// A dialled end connects in its first turn.
  MemorySocket(EventLoop& loop, std::shared_ptr<MemorySwitch> network, Role role,
               Addresses addresses, Options options);
  ~MemorySocket() override;

  /// Makes `accepted` the other end of this dialled one.
  void link(MemorySocket& accepted) noexcept;
  /// For the listener's backlog.
  SocketLife& life() noexcept { return life_; }
  /// Destroyed together with this end: counts the connections of a listener.
  void hold(std::shared_ptr<void> token) noexcept { held_ = std::move(token); }

  void observe(Socket::Observer* observer) override;
  void send(const Metadata& headers, Buffer&& body) override;
  void sendRefusal(int status, const Metadata& headers, Buffer&& body) override;
  std::size_t queued() const noexcept override;
  void pause() override { life_.pause(); }
  void resume() override;
  void finishSending() override;
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds timeout) override { life_.setIdleTimeout(timeout); }
  bool reusable() const noexcept override;
  std::string peerAddress() const override { return addresses_.peer; }
  std::string localAddress() const override { return addresses_.local; }

 private:
  void sendWith(int status, const Metadata& headers, Buffer&& body);
  struct Waiting {
    Message message;
    std::size_t bytes = 0;
    std::size_t headerBytes = 0;
  };

  static Waiting pack(const Metadata& headers, Buffer&& body);
  void wake();
  void onTurn();
  void connect();
  bool leaveBacklog();
  bool tellWritable();
  bool deliverAll();
  void deliverFirst();
  bool mayDeliver() const noexcept;
  bool admitFirst();
  bool tooLarge(const Waiting& waiting) const noexcept;
  void refuseFirst();
  Waiting takeFirst();
  void tellFinished();

  void arrive(Waiting waiting);
  void peerTook();
  void peerFinished();
  void peerReset(Status why);
  void breakConnection(Status why);
  void discardInbox();
  void endSending();
  void unlink() noexcept;
  void closed(Status why);
  void onTimeUp(SocketLife::Time time) override;
  std::size_t queuedBytes() const noexcept override { return queued(); }

  EventLoop& loop_;
  const std::shared_ptr<MemorySwitch> network_;  // shared with the transport, listeners and sockets
  const Role role_;
  const Addresses addresses_;
  const Options options_;
  std::shared_ptr<void> held_;
  SocketLife life_;

  MemorySocket* peer_ = nullptr;  // null: not yet connected, or the other end has been destroyed
  std::deque<Waiting> outbox_;    // until it is connected
  std::deque<Waiting> inbox_;
  std::size_t outboxBytes_ = 0;
  std::size_t inboxBytes_ = 0;

  bool writableDue_ = false;  // onWritable is to be called
  bool heard_ = false;        // a message has arrived
  bool closesNext_ = false;   // the last message, of either side, announced it
  bool peerFinished_ = false;
  bool toldFinished_ = false;
  bool awake_ = false;
  std::optional<Status> broken_;  // to be reported in a turn of its own

  Call turn_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
