#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <evmicro/codec.h>
#include <evmicro/context.h>
#include <evmicro/export.h>
#include <evmicro/status.h>

namespace evmicro {

namespace detail {

/// A received message that has not been decoded yet.
class Incoming {
 public:
  virtual Status read(PayloadTarget target) = 0;

 protected:
  ~Incoming() = default;
};

/// One end of a stream, independent of its message types. ServerStream and ClientStream have the
/// contracts.
class EVMICRO_EXPORT StreamEnd {
 public:
  /// Returning an error ends the stream with that error.
  using OnMessage = std::function<Status(Incoming&)>;
  using OnEnd = std::function<void(Status)>;
  using OnWritable = std::function<void()>;

  StreamEnd() = default;
  StreamEnd(const StreamEnd&) = delete;
  StreamEnd& operator=(const StreamEnd&) = delete;
  virtual ~StreamEnd() = default;

  virtual const Context& context() const noexcept = 0;
  virtual bool send(PayloadSource message) = 0;
  virtual bool writable() const noexcept = 0;
  virtual void finish(Status status) = 0;
  virtual void pause() = 0;
  virtual void resume() = 0;
  virtual void onMessage(OnMessage onMessage) = 0;
  virtual void onEnd(OnEnd onEnd) = 0;
  virtual void onWritable(OnWritable onWritable) = 0;
};

template <typename In>
StreamEnd::OnMessage typed(std::function<void(In)> onMessage) {
  if (!onMessage) return nullptr;
  return [onMessage = std::move(onMessage)](Incoming& incoming) -> Status {
    In message;
    Status status = incoming.read(&message);
    if (status.ok()) onMessage(std::move(message));
    return status;
  };
}

}  // namespace detail

/// The server's end of a stream: receives messages `In` and sends messages `Out`, in any order and
/// number, until finish(). A handle: copies refer to the same stream and may be captured by its own
/// callbacks, which are released when the stream ends. If the last copy is destroyed before
/// finish(), the caller gets an error 500. After the end all functions do nothing, and a handle may
/// outlive connection, server and loop. Callbacks run from the loop, never within one of these
/// functions; an exception from one ends the stream with an error 500.
template <typename In, typename Out>
class ServerStream {
 public:
  /// For the library.
  explicit ServerStream(std::shared_ptr<detail::StreamEnd> end) noexcept : end_(std::move(end)) {}

  /// Of the call that opened the stream.
  const Context& context() const noexcept { return end_->context(); }

  /// Messages are queued until this is set. One that cannot be decoded ends the stream.
  void onMessage(std::function<void(In)> onMessage) {
    end_->onMessage(detail::typed<In>(std::move(onMessage)));
  }
  /// Runs at most once, and not after finish(). ok(): the caller sends no more, but may still read.
  /// An error: the stream is over (the caller has gone, a deadline has passed, or the server
  /// stops). If it is not set, the stream is finished as soon as the caller sends no more.
  void onEnd(std::function<void(Status)> onEnd) { end_->onEnd(std::move(onEnd)); }

  /// Sends, or queues while the peer is slow. False: more than the high-water mark (1 MiB) is
  /// queued now, so wait for onWritable before sending more; or the stream is over and nothing was
  /// sent. A stream that keeps sending regardless is ended with an error at 64 MiB
  /// (streamQueueBytes).
  bool send(const Out& message) { return end_->send(&message); }
  /// Whether send() would return true now.
  bool writable() const noexcept { return end_->writable(); }
  /// Runs whenever the queue has been above the high-water mark and has fallen below half of it.
  void onWritable(std::function<void()> onWritable) { end_->onWritable(std::move(onWritable)); }

  /// Ends the stream after all queued messages: successfully, or with an error.
  void finish(Status status = {}) { end_->finish(std::move(status)); }

  /// Stops receiving messages until resume(), so that TCP's flow control slows the peer down.
  void pause() { end_->pause(); }
  void resume() { end_->resume(); }

 private:
  std::shared_ptr<detail::StreamEnd> end_;  // shared by the copies
};

/// The caller's end of a stream: sends messages `Out` and receives messages `In`. It owns the
/// stream: destroying it cancels the stream, which the server notices. It may outlive the client
/// and the loop; the stream ends with the client, without a callback. Callbacks run from the loop,
/// never within one of these functions and never after destruction; they may destroy this object;
/// an exception from one ends the stream with kInternal. Set them in the turn of the loop in which
/// the stream was opened: messages for which there is no callback are dropped.
template <typename Out, typename In>
class ClientStream {
 public:
  /// For the library.
  explicit ClientStream(std::unique_ptr<detail::StreamEnd> end) noexcept : end_(std::move(end)) {}

  /// Of the call that opened the stream.
  const Context& context() const noexcept { return end_->context(); }
  /// Each message of the server, in order.
  void onMessage(std::function<void(In)> onMessage) {
    end_->onMessage(detail::typed<In>(std::move(onMessage)));
  }
  /// Runs exactly once, after the last message: ok() if the server has finished the stream
  /// successfully, otherwise the server's error or the reason why the stream broke.
  void onEnd(std::function<void(Status)> onEnd) { end_->onEnd(std::move(onEnd)); }
  /// As ServerStream::send. May be called immediately: messages are queued until the connection is
  /// established.
  bool send(const Out& message) { return end_->send(&message); }
  bool writable() const noexcept { return end_->writable(); }
  void onWritable(std::function<void()> onWritable) { end_->onWritable(std::move(onWritable)); }
  /// Half-close: tells the server that no more messages will be sent. The server's messages still
  /// arrive.
  void finishSending() { end_->finish({}); }
  void pause() { end_->pause(); }
  void resume() { end_->resume(); }

 private:
  std::unique_ptr<detail::StreamEnd> end_;
};

}  // namespace evmicro
