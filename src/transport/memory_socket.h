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
#include <evmicro/timer.h>

namespace evmicro::detail {

class MemorySocket;

/// What lies between the ends: finds the other end for a dialled one, and keeps accepted ones until
/// their first message has come.
class MemorySwitch {
 public:
  enum class Outcome { kConnected, kStalled };

  /// Gives `dialled` its other end, by link(). kStalled: nobody answers, now or later.
  virtual Result<Outcome> connect(MemorySocket& dialled) = 0;
  /// The faults to inject; may change at any time.
  virtual MemoryFaults& faults() noexcept = 0;

 protected:
  ~MemorySwitch() = default;
};

/// Where an accepted end waits for its first message.
class MemoryBacklog {
 public:
  /// Its first message has come: hands it to the one who listens. May destroy it.
  virtual void onFirstMessage(MemorySocket& socket) = 0;
  /// It ended before. Destroys it.
  virtual void onEndedBefore(MemorySocket& socket) = 0;

 protected:
  ~MemoryBacklog() = default;
};

/// One end of a connection within the process. A message that is sent goes straight into the inbox
/// of the other end, which delivers it in a turn of its own; what lies there counts as queued here.
class MemorySocket final : public Socket {
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

  /// Makes `accepted`, which waits in `backlog`, the other end of this dialled one.
  void link(MemorySocket& accepted, MemoryBacklog& backlog) noexcept;
  /// Destroyed together with this end: counts the connections of a listener.
  void hold(std::shared_ptr<void> token) noexcept { held_ = std::move(token); }

  void observe(Observer* observer) override;
  void send(const Metadata& headers, Buffer&& body) override;
  std::size_t queued() const noexcept override;
  void pause() override { paused_ = true; }
  void resume() override;
  void finishSending() override;
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds timeout) override;
  bool reusable() const noexcept override;
  std::string peerAddress() const override { return addresses_.peer; }
  std::string localAddress() const override { return addresses_.local; }

 private:
  using Clock = EventLoop::Clock;
  enum class End { kNone, kFinishing, kClosing, kClosed };
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
  void onTimer();
  void arm(Clock::time_point when);
  void touch() noexcept { lastActivity_ = Clock::now(); }

  EventLoop& loop_;
  const std::shared_ptr<MemorySwitch> network_;  // with the transport, its listeners, its sockets
  const Role role_;
  const Addresses addresses_;
  const Options options_;
  std::chrono::milliseconds idleTimeout_;
  std::shared_ptr<void> held_;

  Observer* observer_ = nullptr;
  MemorySocket* peer_ = nullptr;      // null: not yet connected, or the other end has gone
  MemoryBacklog* backlog_ = nullptr;  // set while it waits there
  std::deque<Waiting> outbox_;        // until it is connected
  std::deque<Waiting> inbox_;
  std::size_t outboxBytes_ = 0;
  std::size_t inboxBytes_ = 0;

  End end_ = End::kNone;
  bool connecting_;
  bool paused_ = false;
  bool slow_ = false;         // the peer is behind
  bool writableDue_ = false;  // and has caught up
  bool heard_ = false;        // a message has come
  bool closesNext_ = false;   // the last one, of either side, said so
  bool peerFinished_ = false;
  bool toldFinished_ = false;
  bool awake_ = false;
  std::optional<Status> broken_;  // to be told in a turn
  std::optional<Status> untold_;  // how it ended, while nobody observed

  Clock::time_point lastActivity_;
  Clock::time_point armed_{};
  Timer timer_;
  Call turn_;
  Lifetime lifetime_;
};

}  // namespace evmicro::detail
