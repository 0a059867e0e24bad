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

/// A message that has come and is not decoded yet.
class Incoming {
 public:
  virtual Status read(PayloadTarget target) = 0;

 protected:
  ~Incoming() = default;
};

/// One end of a stream, without its types. What follows is the contract of both ends.
class EVMICRO_EXPORT StreamEnd {
 public:
  /// An error ends the stream with it.
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

/// A server's end of a stream: messages `In` come, messages `Out` go, in any order and number,
/// until finish(). A handle: copies are the same stream, and may be kept in its own callbacks,
/// which are dropped when it ends. When the last copy goes without finish(), the caller gets an
/// error 500. Everything is harmless after the end, and a handle may outlive connection, server and
/// loop. Callbacks run from the loop, never within a method; what they throw ends the stream with
/// an error 500.
template <typename In, typename Out>
class ServerStream {
 public:
  explicit ServerStream(std::shared_ptr<detail::StreamEnd> end) noexcept : end_(std::move(end)) {}

  const Context& context() const noexcept { return end_->context(); }

  /// Messages are held back until this is set. One that cannot be decoded ends the stream.
  void onMessage(std::function<void(In)> onMessage) {
    end_->onMessage(detail::typed<In>(std::move(onMessage)));
  }
  /// ok(): the caller sends no more, and may still read. An error: the stream is over (the caller
  /// has gone, a deadline has passed, the server stops). At most once; not after finish(). Without
  /// it the stream is finished when the caller sends no more.
  void onEnd(std::function<void(Status)> onEnd) { end_->onEnd(std::move(onEnd)); }

  /// Sends, or queues while the peer is slow. False: from now on wait for onWritable, because more
  /// than the high-water mark (1 MiB) is queued; or the stream is over and nothing was sent. A
  /// stream that goes on regardless is ended with an error at 64 MiB.
  bool send(const Out& message) { return end_->send(&message); }
  /// Whether send() would return true now.
  bool writable() const noexcept { return end_->writable(); }
  /// Runs each time when the queue has fallen below half the mark after it had been above.
  void onWritable(std::function<void()> onWritable) { end_->onWritable(std::move(onWritable)); }

  /// Ends the stream, after what has been sent: in order, or with an error.
  void finish(Status status = {}) { end_->finish(std::move(status)); }

  /// Holds messages back, so that TCP slows the peer down; resume() goes on.
  void pause() { end_->pause(); }
  void resume() { end_->resume(); }

 private:
  std::shared_ptr<detail::StreamEnd> end_;  // shared by the copies
};

/// A caller's end of a stream: `Out` goes, `In` comes. The owner: destroying it cancels, which the
/// server sees. It may outlive client and loop; the client's end is its own, without a callback.
/// Callbacks run from the loop, never within a method, never after the destruction; they may
/// destroy it; what they throw ends the stream with kInternal. Set them in the turn in which the
/// stream was opened: messages for which there is no callback are dropped.
template <typename Out, typename In>
class ClientStream {
 public:
  explicit ClientStream(std::unique_ptr<detail::StreamEnd> end) noexcept : end_(std::move(end)) {}

  const Context& context() const noexcept { return end_->context(); }
  void onMessage(std::function<void(In)> onMessage) {
    end_->onMessage(detail::typed<In>(std::move(onMessage)));
  }
  /// The end, exactly once and after the last message: ok() when the server has finished in order,
  /// else what it answered, or why the stream broke.
  void onEnd(std::function<void(Status)> onEnd) { end_->onEnd(std::move(onEnd)); }
  /// As ServerStream::send. May be called at once: messages wait for the connection.
  bool send(const Out& message) { return end_->send(&message); }
  bool writable() const noexcept { return end_->writable(); }
  void onWritable(std::function<void()> onWritable) { end_->onWritable(std::move(onWritable)); }
  /// Says that no more messages will be sent (a half-close); the server's still come.
  void finishSending() { end_->finish({}); }
  void pause() { end_->pause(); }
  void resume() { end_->resume(); }

 private:
  std::unique_ptr<detail::StreamEnd> end_;
};

}  // namespace evmicro
