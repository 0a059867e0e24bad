#include "gateway/http_tunnel.h"

#include <utility>

namespace evmicro::gateway {

class HttpTunnel::Backend final : private Socket::Observer,
                                  private detail::HttpSocket::RawObserver {
 public:
  Backend(HttpTunnel& tunnel, std::unique_ptr<detail::HttpSocket> connected)
      : socket(std::move(connected)), tunnel_(tunnel) {}

  void start() {
    socket->observe(this);
    socket->switchToRaw(*this);
    socket->resume();
  }

  const std::unique_ptr<detail::HttpSocket> socket;
  bool closed = false;

 private:
  std::size_t onRawBytes(std::string_view bytes) override {
    tunnel_.onBackendBytes(bytes);
    return bytes.size();
  }
  std::size_t rawBytesHeld() const noexcept override { return 0; }
  void onMessage(Message& /*message*/) override {}
  void onPeerFinished() override { tunnel_.onBackendFinished(); }
  void onWritable() override {
    if (tunnel_.client_) tunnel_.client_->socket().resume();
  }
  void onClosed(Status why) override { tunnel_.onBackendClosed(why); }

  HttpTunnel& tunnel_;
};

HttpTunnel::HttpTunnel(EventLoop& loop, detail::WebConnection& client,
                       std::unique_ptr<detail::HttpSocket> backend, std::size_t highWater,
                       std::chrono::milliseconds idle, std::function<void(HttpTunnel&)> over)
    : client_(&client),
      backend_(std::make_unique<Backend>(*this, std::move(backend))),
      highWater_(highWater),
      over_(std::move(over)),
      idle_(idle),
      active_(EventLoop::now()),
      timer_(loop, [this] { onTimer(); }) {
  if (idle_.count() > 0) timer_.start(idle_);
}

HttpTunnel::~HttpTunnel() = default;

void HttpTunnel::start() {
  if (client_) backend_->start();
}

// --- from the client

std::size_t HttpTunnel::onBytes(std::string_view bytes) {
  active_ = EventLoop::now();
  if (!backend_->closed && !bytes.empty()) {
    backend_->socket->sendRaw({}, bytes);
    if (backend_->socket->queued() > highWater_) client_->socket().pause();
  }
  return bytes.size();
}

std::size_t HttpTunnel::heldBytes() const noexcept {
  return backend_->closed ? 0 : backend_->socket->queued();
}

void HttpTunnel::onPeerFinished() {
  clientFinished_ = true;
  if (backendFinished_) return closeBoth();
  backend_->socket->finishSending();
}

void HttpTunnel::onWritable() {
  if (!backend_->closed) backend_->socket->resume();
}

void HttpTunnel::onClosed(const Status& why) {
  client_ = nullptr;
  if (!why.ok()) dropBackend();
  if (!backend_->closed) backend_->socket->close();
  checkOver();
}

void HttpTunnel::onDetached() {
  client_ = nullptr;
  dropBackend();
  checkOver();
}

// --- from the backend

void HttpTunnel::onBackendBytes(std::string_view bytes) {
  active_ = EventLoop::now();
  if (!client_) return;
  client_->socket().sendRaw({}, bytes);
  if (!client_->belowHighWater()) backend_->socket->pause();
}

void HttpTunnel::onBackendFinished() {
  backendFinished_ = true;
  if (clientFinished_ || !client_) return closeBoth();
  client_->socket().finishSending();
}

// A backend that dies must not look to the client as if it had ended in order.
void HttpTunnel::onBackendClosed(const Status& why) {
  backend_->closed = true;
  if (client_) {
    if (why.ok()) {
      client_->socket().close();
    } else {
      std::exchange(client_, nullptr)->breakOff();
    }
  }
  checkOver();
}

// --- the end

// The timer is not started again for each byte: it looks how long ago the last ones came.
void HttpTunnel::onTimer() {
  if (!client_ && backend_->closed) return;
  const auto left = active_ + idle_ - EventLoop::now();
  if (left.count() > 0) return timer_.start(left);
  closeBoth();
}

void HttpTunnel::closeBoth() {
  if (client_) client_->socket().close();
  if (!backend_->closed) backend_->socket->close();
}

void HttpTunnel::dropBackend() {
  if (!std::exchange(backend_->closed, true)) backend_->socket->abort();
}

void HttpTunnel::breakOff() {
  over_ = nullptr;
  dropBackend();
  if (client_) std::exchange(client_, nullptr)->breakOff();
}

void HttpTunnel::checkOver() {
  if (client_ || !backend_->closed || !over_) return;
  std::exchange(over_, nullptr)(*this);
}

}  // namespace evmicro::gateway
