#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/transport.h>

#include "base/block_pool.h"
#include "http2/grpc_message.h"
#include "http2/request_head.h"
#include "http2/session.h"
#include "net/message_arrivals.h"
#include "net/one_message.h"
#include "net/socket_life.h"
#include "net/trailers.h"

namespace evmicro::detail {

/// A stream that a peer has opened: one call or stream of gRPC, one message of go-micro by POST, or
/// the request of a page.
///
/// gRPC: the head is delivered as a message without a body, with the method of the path as the
/// header `:rpc` (`package.Service.Method`), and Content-Type and Timeout as go-micro has them. An
/// observer that needs a body leaves the headers alone: it has a call, and gets them again with the
/// only message, once the request is whole. Otherwise there is a stream. A request with another
/// number of messages than its method takes is answered by UNIMPLEMENTED. Bodies have gRPC's
/// prefix, in both directions; those with the flag of errors become trailers. The headers of the
/// first message of a reply are its initial metadata.
class Http2AcceptedSocket final : public Socket,
                                  public SendsTrailers,
                                  public TakesOneMessage,
                                  public MessageArrivals,
                                  public Http2Stream,
                                  private SocketLife::Observer {
 public:
  class Observer {
   public:
    virtual void onAccept(std::unique_ptr<Socket> socket) = 0;
    virtual Page onPage(std::string_view path) = 0;
    virtual GrpcPaths& paths() noexcept = 0;

   protected:
    ~Observer() = default;
  };

  /// Made when the stream `id` is opened; owns itself until it goes to `observer`, which may be
  /// gone once the session has left it.
  static Http2Stream* open(Http2Session& session, std::int32_t id, Observer& observer);
  ~Http2AcceptedSocket() override;

  static void* operator new(std::size_t size, BlockPool& pool) { return pool.require(size); }
  static void operator delete(void* block, BlockPool&) noexcept { BlockPool::give(block); }
  static void operator delete(void* block) noexcept { BlockPool::give(block); }

  void observe(Socket::Observer* observer) override;
  void send(const Metadata& headers, Buffer&& body) override;
  void sendRefusal(int status, const Metadata& headers, Buffer&& body) override;
  std::size_t queued() const noexcept override { return out_.size(); }
  void pause() override { life_.pause(); }
  void resume() override;
  void finishSending() override { close(); }
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds timeout) override;
  bool reusable() const noexcept override { return false; }
  std::optional<EventLoop::Clock::time_point> waitingSince() const noexcept override { return {}; }
  bool awaitsRest() const noexcept override { return messages_ == Messages::kOnly && arrives(); }
  bool awaited() const noexcept override { return own_ && !responded_ && arrives(); }
  std::string peerAddress() const override;
  std::string localAddress() const override;
  bool secure() const noexcept override { return session_ && session_->bytes().secure(); }
  std::shared_ptr<const PeerCertificate> peerCertificate() const override;
  void setTrailers(const Metadata& trailers) override;
  void takeOneMessage() override;

 private:
  bool arrives() const noexcept;
  enum class Kind { kGrpc, kMessage, kPage };
  // The messages of a request: any number; one, which is delivered at once; one, which is delivered
  // once it is known to be the only one.
  enum class Messages { kAny, kOne, kOnly };

  Http2AcceptedSocket(Http2Session& session, std::int32_t id, Observer& observer);

  void onHeader(std::string_view name, nghttp2_rcbuf& value) override;
  void onHeadersEnd() override;
  void onData(std::string_view bytes) override;
  void onInputEnd() override;
  void onStreamClosed(std::uint32_t code) override;
  Output readOutput(std::uint8_t* to, std::size_t room) override;
  void work() override;
  void onLost(const Status& why) override;
  std::optional<AcceptedConnection::Arriving> arriving() const noexcept override;
  void onTimeUp(SocketLife::Time time) override;
  std::size_t queuedBytes() const noexcept override { return out_.size(); }

  void begin();
  void beginGrpc();
  bool handOut();
  bool deliver();
  bool deliverGrpc();
  bool deliverOnly();
  bool deliverNext();
  bool deliverEnd();
  bool deliverMessage();
  bool deliverOne(Message& message);
  void answerPage();
  bool mayDeliver() const noexcept;
  void useInput();
  std::size_t headBytes() const noexcept;
  void countLoad() noexcept;
  void leave() noexcept;
  void respond(int status, const Metadata* headers);
  void chooseEncoding(const Metadata* headers);
  void respondGrpc(const Metadata* headers);
  void refuse(const HttpRefusal& why);
  void fail(const GrpcError& error);
  void failUnread();
  bool fits(const Http2Fields& fields, const Metadata& metadata);
  void submitWithTrailers(Http2Fields& fields, bool head);
  void resumeOutput();
  void end(const Metadata* headers = nullptr);
  void addFirst(Buffer&& body, const Metadata& headers);
  void addOutput(Buffer&& body);
  void noteOutput();
  void limitClosing();
  void over(Status why);
  void ended();

  Http2Session* session_;               // null once the connection is gone
  std::shared_ptr<Http2Session> keep_;  // the same, once this is a socket of its own
  Observer* observer_;
  const std::int32_t id_;
  SocketLife life_;
  Kind kind_ = Kind::kGrpc;
  Messages messages_ = Messages::kAny;
  Http2RequestHead head_;
  Message message_;
  GrpcReader reader_;
  Buffer out_;
  std::unique_ptr<GrpcError> error_;  // that it ends with; null: none
  Metadata trailers_;
  std::size_t unflushed_ = 0;            // of out_, when the closing timeout was started
  std::size_t unused_ = 0;               // bytes that the peer may send again once they are used
  Http2Session::Load load_;              // that the session knows of
  std::optional<std::uint32_t> closed_;  // the stream's code
  bool unlimited_ = false;               // it may be silent, and its peer slow
  bool compresses_ = false;              // the reply
  bool headersEnded_ = false;
  bool inputEnded_ = false;
  bool begun_ = false;      // handed out, or answered here
  bool opened_ = false;     // the head has been delivered
  bool haveOne_ = false;    // a message has been delivered
  bool toldEnd_ = false;    // onPeerFinished() has run
  bool deferred_ = false;   // nghttp2 waits for output
  bool limited_ = false;    // the time of closing is running
  bool responded_ = false;  // the head of the answer has been submitted
  bool ending_ = false;     // nothing follows what is in out_
  bool discards_ = false;   // input
  bool drained_ = false;    // onWritable() is due
  bool* destroyed_ = nullptr;
  std::unique_ptr<Http2AcceptedSocket> own_;  // until it is handed out
};

}  // namespace evmicro::detail
