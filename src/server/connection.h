#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/transport.h>

#include "net/message_arrivals.h"
#include "server/server_shared.h"

namespace evmicro::detail {

/// One accepted connection: its messages become calls, one after another, and the replies are sent
/// in the same order. The next request waits until the handler has answered.
class ServerConnection final : private Socket::Observer, private ReplySink {
 public:
  class Observer {
   public:
    /// The connection is closed: destroy it, now or later.
    virtual void onConnectionOver(ServerConnection& connection) = 0;
    /// Its peer requests a page, see Listener::Observer.
    virtual Page onPage(std::string_view path) = 0;

   protected:
    ~Observer() = default;
  };

  ServerConnection(ServerShared& shared, std::unique_ptr<Socket> socket, Observer& observer);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;
  ~ServerConnection();

  /// Whether a call is in progress.
  bool busy() const noexcept { return pending_ != nullptr; }
  /// Whether a part of a request has come and the rest is to be expected.
  bool awaitsRequest() const noexcept;
  /// Ends the call in progress and its context; its caller gets `why`. May destroy this object.
  void endCall(Status why);
  /// Closes the connection in order. @pre not busy
  void close() { socket_->close(); }

  using List = std::list<ServerConnection, PoolAllocator<ServerConnection>>;
  List::iterator place;  // for the observer

 private:
  void onMessage(Message& message) override;
  Page onPage(std::string_view path) override;
  void onRefused(const Metadata& headers, Page& answer) override;
  void onPeerFinished() override;
  void onWritable() override;
  void onClosed(Status why) override;
  void onReply(ServerCall& call, int code, Buffer&& body) override;
  void onStreamOpened() override;
  void sendInStream(Buffer&& body) override;
  std::size_t queued() const noexcept override { return socket_->queued(); }
  const StreamLimits& streamLimits() const noexcept override { return shared_.streams; }
  void pauseInput() override { socket_->pause(); }
  void resumeInput() override { socket_->resume(); }
  std::string peerAddress() const override { return socket_->peerAddress(); }
  std::shared_ptr<const PeerCertificate> peerCertificate() const override {
    return socket_->peerCertificate();
  }
  void breakOff() override;

  bool awaitsBody(const Metadata& headers) const;
  std::optional<Context::Deadline> waitingSince();
  void startCall(const Method& method, ServerCall::Request&& request, Metadata& headers,
                 std::optional<Context::Deadline> deadline);
  void countEnd(int code) noexcept;
  void refuse(const ServerCall::Request& request, std::string_view problem);
  Status reasonNotToRun(const Method& method, std::size_t size, Context::Deadline arrived,
                        const std::optional<Context::Deadline>& deadline);
  void decline(const Method& method, const ServerCall::Request& request, Status why);
  void unsupported(std::string_view contentType);
  enum class After { kGoOn, kClose };
  enum class Part { kMessage, kEnd };  // of a reply
  void send(std::string_view contentType, Buffer&& body, After after);
  bool addMetadata(const ServerCall& call, Part part, Metadata& headers);
  void sendReply(const ServerCall& call, Part part, Buffer&& body, After after);

  ServerShared& shared_;
  Observer& observer_;
  ServerCall* pending_ = nullptr;  // owned by its handler; notified when this object is destroyed
  MethodStats* stats_ = nullptr;   // of the method of pending_
  std::uint64_t* callerCount_ = nullptr;  // of the service that the first call has come from
  EventLoop::Clock::time_point started_;
  bool* destroyed_ = nullptr;  // set while a handler runs that may destroy the server
  bool peerFinished_ = false;
  bool replyBegun_ = false;  // with the call's own metadata
  std::unique_ptr<Socket> socket_;
  std::optional<const MessageArrivals*> waiting_;  // socket_, if it knows; nullopt: not asked yet
  std::unique_ptr<Call> brokenOff_;                // last: an end to be reported in a later turn
};

}  // namespace evmicro::detail
