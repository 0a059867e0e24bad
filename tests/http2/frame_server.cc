#include "http2/frame_server.h"

#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace evmicro::test {

FrameServer::FrameServer(EventLoop& loop, std::string greeting, OnFrame onFrame)
    : loop_(loop), greeting_(std::move(greeting)), onFrame_(std::move(onFrame)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener_.reset(evconnlistener_new_bind(loop.base(), &FrameServer::onAccept, this,
                                          LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
                                          reinterpret_cast<sockaddr*>(&at), sizeof at));
  if (!listener_) throw std::runtime_error("no port for a FrameServer");
}

std::string FrameServer::address() const {
  sockaddr_in at{};
  socklen_t size = sizeof at;
  ::getsockname(evconnlistener_get_fd(listener_.get()), reinterpret_cast<sockaddr*>(&at), &size);
  return "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
}

std::size_t FrameServer::count(int type) const {
  std::size_t found = 0;
  for (const auto& connection : connections_) found += connection->count(type);
  return found;
}

void FrameServer::onAccept(evconnlistener* /*listener*/, evutil_socket_t fd, sockaddr* /*from*/,
                           int /*size*/, void* self) noexcept {
  auto& server = *static_cast<FrameServer*>(self);
  auto& connection = *server.connections_.emplace_back(std::make_unique<Connection>(
      bufferevent_socket_new(server.loop_.base(), fd, BEV_OPT_CLOSE_ON_FREE)));
  connection.server_ = &server;
  bufferevent* const stream = connection.stream_.get();
  bufferevent_setcb(stream, &FrameServer::onRead, nullptr, &FrameServer::onEvent, &connection);
  bufferevent_enable(stream, EV_READ | EV_WRITE);
  connection.send(server.greeting_);
}

void FrameServer::onRead(bufferevent* stream, void* context) noexcept {
  auto& connection = *static_cast<Connection*>(context);
  evbuffer* const input = bufferevent_get_input(stream);
  const std::size_t size = evbuffer_get_length(input);
  connection.unread_.append(reinterpret_cast<const char*>(evbuffer_pullup(input, -1)), size);
  evbuffer_drain(input, size);
  std::string& unread = connection.unread_;
  constexpr std::string_view kOpening(kPreface, sizeof kPreface - 1);
  if (connection.frames_.empty() && unread.compare(0, kOpening.size(), kOpening) == 0) {
    unread.erase(0, kOpening.size());
  }
  for (const Frame& frame : framesIn(unread)) {
    unread.erase(0, 9 + frame.payload.size());
    connection.frames_.push_back(frame);
    if (connection.server_->onFrame_) connection.server_->onFrame_(connection, frame);
    if (!connection.stream_) return;  // closed
  }
}

void FrameServer::onEvent(bufferevent* /*stream*/, short what, void* context) noexcept {
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) static_cast<Connection*>(context)->ended_ = true;
}

}  // namespace evmicro::test
