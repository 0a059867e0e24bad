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

#include "codec/codec_table.h"
#include "server/method_table.h"
#include "server/server_call.h"

namespace evmicro::detail {

/// What all connections of a server have in common.
struct ServerShared {
  EventLoop& loop;
  std::string name;
  MethodTable methods;
  CodecTable codecs;
  std::shared_ptr<std::vector<Wrapper>> wrappers;  // also of calls that outlive the server
  std::size_t highWater = 0;                       // bytes queued above which a peer counts as slow
  std::size_t streamQueueBytes = 0;                // above which a stream is ended
  std::chrono::milliseconds streamIdle{0};
  bool stopping = false;
  // Requests that did not become a call.
  std::uint64_t unknownMethods = 0;
  std::uint64_t undecodable = 0;
  std::uint64_t unsupported = 0;
  // Of the last call, for the next, which is like it as a rule.
  Context spare{};                                      // its state, when it was answered at once
  std::shared_ptr<const std::string> contentType = {};  // shared with the calls
  Metadata replyHeaders{};
};

/// One accepted connection: its messages become calls, one after another, and replies go back in
/// the same order. While a handler has not answered, the next request waits.
class ServerConnection final : private Socket::Observer, private ReplySink {
 public:
  class Owner {
   public:
    /// The connection is over: destroy it, now or later.
    virtual void onConnectionOver(ServerConnection& connection) = 0;
    /// It has become idle while the server stops.
    virtual void onConnectionIdle(ServerConnection& connection) = 0;
    /// Its peer asks for a page, see Listener::Observer.
    virtual Page onPage(std::string_view path) = 0;

   protected:
    ~Owner() = default;
  };

  ServerConnection(ServerShared& shared, std::unique_ptr<Socket> socket, Owner& owner);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;
  ~ServerConnection();

  /// Whether a handler owes an answer.
  bool busy() const noexcept { return pending_ != nullptr; }
  /// Ends the call that is running, and its context; its caller gets `why`. May destroy this.
  void endCall(Status why);
  /// Ends it in order, when it is not busy.
  void close() { socket_->close(); }

  std::list<std::unique_ptr<ServerConnection>>::iterator place;  // the owner's note

 private:
  void onMessage(Message& message) override;
  Page onPage(std::string_view path) override;
  void onPeerFinished() override;
  void onWritable() override;
  void onClosed(Status why) override;
  void onReply(ServerCall& call, int code, Buffer&& body) override;
  void onStreamOpened() override;
  void sendInStream(std::string_view contentType, Buffer&& body) override;
  std::size_t queued() const noexcept override { return socket_->queued(); }
  std::size_t highWater() const noexcept override { return shared_.highWater; }
  std::chrono::milliseconds streamIdle() const noexcept override { return shared_.streamIdle; }
  void pauseInput() override { socket_->pause(); }
  void resumeInput() override { socket_->resume(); }
  void breakOff() override;

  void startCall(const Method& method, ServerCall::Request request, Metadata& headers);
  void countEnd(int code) noexcept;
  void refuse(const ServerCall::Request& request, const std::string& problem);
  void unsupported(std::string_view contentType);
  enum class After { kGoOn, kClose };
  void send(std::string_view contentType, Buffer&& body, After after);

  ServerShared& shared_;
  Owner& owner_;
  ServerCall* pending_ = nullptr;  // owned by its handler; told when this goes
  MethodStats* stats_ = nullptr;   // of the method of pending_
  EventLoop::Clock::time_point started_;
  bool* destroyed_ = nullptr;  // set while a handler runs, which may destroy the server
  bool peerFinished_ = false;
  std::unique_ptr<Socket> socket_;
  std::optional<Call> brokenOff_;  // last: an end that is told in a later turn
};

}  // namespace evmicro::detail
