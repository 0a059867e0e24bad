#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <evmicro/transport.h>

#include "http2/grpc_message.h"
#include "http2/session.h"
#include "net/refused_unread.h"
#include "net/socket_life.h"
#include "net/trailers.h"

namespace evmicro::detail {

/// One call or stream of gRPC to a peer, see Http2Dialler.
class Http2DialledSocket final : public Socket,
                                 public ReceivesTrailers,
                                 public RefusedUnread,
                                 public Http2Stream,
                                 private SocketLife::Observer {
 public:
  Http2DialledSocket(std::shared_ptr<Http2Session> session, std::string_view authority);
  ~Http2DialledSocket() override;

  void observe(Socket::Observer* observer) override;
  void send(const Metadata& headers, Buffer&& body) override;
  std::size_t queued() const noexcept override;
  void pause() override { life_.pause(); }
  void resume() override;
  void finishSending() override;
  void close() override;
  void abort() override;
  void setIdleTimeout(std::chrono::milliseconds timeout) override { life_.setIdleTimeout(timeout); }
  bool reusable() const noexcept override { return false; }
  std::string peerAddress() const override;
  std::string localAddress() const override;
  bool secure() const noexcept override { return session_ && session_->bytes().secure(); }
  std::shared_ptr<const PeerCertificate> peerCertificate() const override;
  const Metadata& trailers() const noexcept override { return trailers_; }
  RefusedUnread::Why refusedUnread() const noexcept override;

 private:
  void onHeader(std::string_view name, nghttp2_rcbuf& field) override;
  void onHeadersEnd() override;
  void onData(std::string_view bytes) override;
  void onInputEnd() override;
  void onStreamClosed(std::uint32_t code) override;
  Output readOutput(std::uint8_t* to, std::size_t room) override;
  void work() override;
  void onLost(const Status& why) override;
  void onTimeUp(SocketLife::Time time) override;
  std::size_t queuedBytes() const noexcept override { return out_.size(); }

  void open(const Metadata& headers);
  void noteField(std::string_view name, std::string_view value);
  bool isOfGrpc() const noexcept { return httpStatus_ == 200 || grpcStatus_; }
  bool mayDeliver() const noexcept;
  bool deliverMessages();
  void breakOff();
  void deliverEnd();
  Status endStatus() const;
  Status httpFailure();
  std::string endText();
  void resumeOutput();
  void endClosing();
  void limitClosing();
  void over(Status why);

  const std::shared_ptr<Http2Session> keep_;  // with the dialler and other sockets
  Http2Session* session_;                     // the same; null when lost
  const std::string authority_;
  std::int32_t id_ = -1;  // -1: not opened yet
  SocketLife life_;
  GrpcReader reader_;
  Buffer out_;
  Message message_;
  Metadata initial_;  // until the first message is delivered
  Metadata trailers_;
  Buffer reply_;  // of a call, until its status has come
  std::string details_;
  std::string grpcMessage_;
  std::string problem_;  // with the peer's reply
  GrpcCode problemCode_ = GrpcCode::kInternal;
  std::optional<int> grpcStatus_;
  int httpStatus_ = 0;
  int refusal_ = 0;             // by HTTP/1.1 this status
  std::size_t fieldBytes_ = 0;  // of the head, or of the trailers, as HTTP/2 counts
  std::size_t unused_ = 0;
  std::size_t unflushed_ = 0;  // of out_, when the closing timeout was started
  Http2Session::Load load_;    // that the session knows of
  std::optional<std::uint32_t> closed_;
  Status refused_;  // why the stream could not be opened
  bool isStream_ = false;
  bool compresses_ = false;    // messages
  bool headersEnded_ = false;  // the reply's head
  bool hasTrailers_ = false;
  bool haveReply_ = false;
  bool inputEnded_ = false;
  bool finished_ = false;  // nothing follows what is in out_
  bool endTold_ = false;   // the end of the reply has been delivered
  bool drained_ = false;
  bool endedBefore_ = false;  // the peer has ended the connection before this stream
  bool* destroyed_ = nullptr;
};

}  // namespace evmicro::detail
