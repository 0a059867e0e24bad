#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <evmicro/buffer.h>
#include <evmicro/codec.h>
#include <evmicro/context.h>
#include <evmicro/server.h>
#include <evmicro/timer.h>
#include <evmicro/wrapper.h>

#include "call/middleware.h"

namespace evmicro::detail {

class ServerCall;
class ServerStreamEnd;

/// The error of a call whose caller no longer waits.
Status deadlineHasPassed();

/// Limits of a stream.
struct StreamLimits {
  std::size_t highWater = 0;          ///< the peer counts as slow above so many queued bytes
  std::size_t queueBytes = 0;         ///< the stream is ended above so many; 0: no limit
  std::chrono::milliseconds idle{0};  ///< a stream without messages is ended; 0: never
};

/// The connection of a call, as seen by the call.
class ReplySink {
 public:
  /// The answer, or the last message of a stream. The call is over; at most once per call.
  virtual void onReply(ServerCall& call, int code, Buffer&& body) = 0;

  /// The call is a stream: input is paused until resumeInput().
  virtual void onStreamOpened() = 0;
  virtual void sendInStream(Buffer&& body) = 0;
  virtual std::size_t queued() const noexcept = 0;
  virtual const StreamLimits& streamLimits() const noexcept = 0;
  virtual void pauseInput() = 0;
  virtual void resumeInput() = 0;
  virtual std::string peerAddress() const = 0;
  virtual std::shared_ptr<const PeerCertificate> peerCertificate() const = 0;
  /// The peer does not read: aborts the connection.
  virtual void breakOff() = 0;

 protected:
  ~ReplySink() = default;
};

/// A call in progress: its context, its request before decoding, and the obligation to reply. Owned
/// by the handler's Reply (and by the wrappers around it); when the last owner is gone, the caller
/// is answered in any case. May outlive its connection.
class ServerCall {
 public:
  struct Request {
    const Codec* codec = nullptr;
    std::shared_ptr<const std::string> contentType;  // shared with its connection
    Frame frame;
    Buffer body;
  };

  ServerCall(EventLoop& loop, std::string_view serverName, Request&& request,
             const Context& context, ReplySink& sink);
  ServerCall(const ServerCall&) = delete;
  ServerCall& operator=(const ServerCall&) = delete;
  ~ServerCall();

  /// Passes the call through `wrappers` and then to `invoke`. Both must stay valid until this
  /// returns.
  static void start(std::shared_ptr<ServerCall> call, Wrappers wrappers, const Invoke& invoke);

  const Context& context() const noexcept { return context_; }
  /// The handler's metadata for the caller; null if there is none.
  const ReplyMetadata* replyMetadata() const noexcept { return root_.usedReplyMetadata(); }
  const std::string& contentType() const noexcept { return *request_.contentType; }
  const std::string& method() const noexcept { return request_.frame.method; }

  bool isStream() const noexcept { return isStream_; }
  /// The open stream; null if there is none, or it has ended.
  std::shared_ptr<ServerStreamEnd> stream() const noexcept { return stream_.lock(); }
  static std::shared_ptr<ServerStreamEnd> openStream(std::shared_ptr<ServerCall> call);
  const Codec& codec() const noexcept { return *request_.codec; }
  const Frame& frame() const noexcept { return request_.frame; }
  /// Null once the call is over.
  ReplySink* sink() const noexcept { return sink_; }

  bool read(PayloadTarget target);
  void send(PayloadSource response);
  void fail(Status why);
  /// The handler's reply was destroyed unanswered.
  void drop();
  /// Ends a stream, successfully or with an error.
  void endStream(Status status);
  /// Ends the call from outside: answers with `why`, and ends the context with it.
  void end(Status why);
  /// The connection is closed: ends the context, and sends no answer.
  void abandon(Status why);
  /// The caller sends no more and may have gone: ends the context, but an answer is still sent.
  void peerFinished();
  /// The payload of the request could not be decoded: go-micro closes after the reply.
  bool undecodable() const noexcept { return undecodable_; }

 private:
  class Wrapped;

  static void invoke(const std::shared_ptr<ServerCall>& call, const Invoke& handler);
  void endContext(Status why);
  void finish(Status status);
  void complete(Status status, Status end = {});
  void armDeadline();

  EventLoop& loop_;
  const std::string serverName_;
  Request request_;
  Context root_;           // ends with the request
  Context context_;        // the handler's: root_, or a child made by a wrapper
  ReplySink* sink_;        // null once answered or abandoned
  CallDone wrappedDone_;   // the innermost wrapper's; empty without wrappers
  Buffer encoded_;         // the reply, once the handler has sent it
  bool invoking_ = false;  // invoke() is on the stack
  bool dropped_ = false;   // the reply was destroyed by an exception
  bool answered_ = false;  // by the handler
  bool undecodable_ = false;
  bool isStream_ = false;
  std::weak_ptr<ServerStreamEnd> stream_;
  std::unique_ptr<Timer> deadline_;
};

}  // namespace evmicro::detail
