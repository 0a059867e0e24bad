#include "http2/grpc_transport.h"

#include <string>
#include <utility>

#include <evmicro/http_transport.h>

#include "http/rpc_header.h"
#include "http2/dialler.h"
#include "http2/grpc_message.h"

namespace evmicro::test {

namespace {

// What the client and the server do with a stream of gRPC: the dialled end opens it with its first
// message, the accepted end skips the head, messages have gRPC's prefix, and the status is the end.
class GrpcEnd final : public Socket, private Socket::Observer {
 public:
  enum class Role { kDialled, kAccepted };

  GrpcEnd(std::unique_ptr<Socket> inner, Role role)
      : role_(role), opened_(role == Role::kAccepted), inner_(std::move(inner)) {}

  void observe(Socket::Observer* observer) override {
    observer_ = observer;
    Socket::Observer* const self = this;
    inner_->observe(observer ? self : nullptr);
  }
  void send(const Metadata& headers, Buffer&& body) override {
    Buffer content(std::move(body));
    if (!std::exchange(opened_, true)) open(headers);
    std::string prefix(detail::kGrpcPrefix, '\0');
    detail::writeGrpcPrefix(prefix.data(), detail::kGrpcPlain, content.size());
    Buffer message(prefix);
    message.append(std::move(content));
    inner_->send(headers, std::move(message));
  }
  std::size_t queued() const noexcept override { return inner_->queued(); }
  void pause() override { inner_->pause(); }
  void resume() override { inner_->resume(); }
  void finishSending() override {
    sendStatus();
    inner_->finishSending();
  }
  void close() override {
    sendStatus();
    inner_->close();
  }
  void abort() override { inner_->abort(); }
  void setIdleTimeout(std::chrono::milliseconds timeout) override {
    inner_->setIdleTimeout(timeout);
  }
  bool reusable() const noexcept override { return inner_->reusable(); }
  std::string peerAddress() const override { return inner_->peerAddress(); }
  std::string localAddress() const override { return inner_->localAddress(); }

 private:
  // A server ends a stream with a status.
  void sendStatus() {
    if (role_ == Role::kDialled) return;
    std::string end(detail::kGrpcPrefix, '\0');
    detail::writeGrpcPrefix(end.data(), detail::kGrpcErrorFlag, 3);
    inner_->send({}, Buffer(end + "EOS"));
  }

  void open(const Metadata& headers) {
    Metadata head = headers;
    if (!head.has("Content-Type")) head.set("Content-Type", "application/grpc");
    head.set(detail::kRpcHeader, "test.Service.Method");
    head.set("Stream-For", "1");
    inner_->send(head, Buffer());
  }

  void onMessage(Message& message) override {
    char flag = detail::kGrpcPlain;
    if (message.body.peek(&flag, 1) == 0) {  // the head of a stream
      head_ = std::exchange(message.headers, Metadata());
      return;
    }
    if (!head_.empty()) message.headers = std::exchange(head_, Metadata());
    message.body.drain(detail::kGrpcPrefix);
    if (flag != detail::kGrpcErrorFlag) return observer_->onMessage(message);
    const std::string status = message.body.toString();
    if (status == "EOS") return observer_->onPeerFinished();
    inner_->abort();
    observer_->onClosed(Status::fromWire(status));
  }
  void onPeerFinished() override { observer_->onPeerFinished(); }
  void onWritable() override { observer_->onWritable(); }
  void onClosed(Status why) override { observer_->onClosed(std::move(why)); }

  const Role role_;
  Socket::Observer* observer_ = nullptr;
  bool opened_;
  Metadata head_;  // until the first message
  const std::unique_ptr<Socket> inner_;
};

class GrpcListener final : public Listener, private Listener::Observer {
 public:
  explicit GrpcListener(Listener::Observer& observer) : observer_(observer) {}

  Status listen(Transport& transport, std::string_view address, const ListenOptions& options) {
    Listener::Observer& self = *this;
    auto listener = transport.listen(address, options, self);
    if (listener.ok()) inner_ = std::move(*listener);
    return listener.status();
  }
  void stopAccepting() override { inner_->stopAccepting(); }
  std::size_t awaited() const override { return inner_->awaited(); }
  std::string address() const override { return inner_->address(); }
  ListenerStats stats() const override { return inner_->stats(); }

 private:
  void onAccept(std::unique_ptr<Socket> socket) override {
    observer_.onAccept(std::make_unique<GrpcEnd>(std::move(socket), GrpcEnd::Role::kAccepted));
  }
  void onListenerFailure(Status why) override { observer_.onListenerFailure(std::move(why)); }

  Listener::Observer& observer_;
  std::unique_ptr<Listener> inner_;
};

class GrpcTransport final : public Transport {
 public:
  explicit GrpcTransport(EventLoop& loop)
      : http_(makeHttpTransport(loop)), dialler_(detail::makeHttp2Dialler(loop)) {}

  std::string_view name() const override { return "grpc"; }
  Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                           Listener::Observer& observer) override {
    auto listener = std::make_unique<GrpcListener>(observer);
    Status status = listener->listen(*http_, address, options);
    if (!status.ok()) return status;
    return std::unique_ptr<Listener>(std::move(listener));
  }
  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    auto socket = dialler_->dial(address, options);
    if (!socket.ok()) return std::move(socket).status();
    return std::unique_ptr<Socket>(
        std::make_unique<GrpcEnd>(std::move(*socket), GrpcEnd::Role::kDialled));
  }

 private:
  const std::unique_ptr<Transport> http_;
  const std::unique_ptr<detail::Http2Dialler> dialler_;
};

}  // namespace

std::unique_ptr<Transport> makeGrpcTransport(EventLoop& loop) {
  return std::make_unique<GrpcTransport>(loop);
}

}  // namespace evmicro::test
