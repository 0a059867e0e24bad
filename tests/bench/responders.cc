#include "bench/responders.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <unordered_map>

namespace evmicro::bench {

namespace {

void noDelay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// --- epoll: the floor

struct Peer {
  std::string input;
  std::string output;
};

// False: the connection is over.
bool serveOnce(int fd, Peer& peer) {
  std::array<char, 16'384> block;
  const ssize_t size = ::read(fd, block.data(), block.size());
  if (size < 0 && errno == EAGAIN) return true;
  if (size <= 0) return false;
  peer.input.append(block.data(), static_cast<std::size_t>(size));
  peer.output.clear();
  std::size_t used = 0;
  while (const std::size_t one =
             answerRequest(std::string_view(peer.input).substr(used), peer.output)) {
    used += one;
  }
  peer.input.erase(0, used);
  const auto whole = static_cast<ssize_t>(peer.output.size());
  // Replies are smaller than any socket's buffer, and one is in flight: they go at once.
  return peer.output.empty() || ::write(fd, peer.output.data(), peer.output.size()) == whole;
}

void acceptAll(int epoll, int listener, std::unordered_map<int, Peer>& peers) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    noDelay(fd);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    peers[fd];
  }
}

// --- bufferevent: what libevent allows

struct Buffered {
  bufferevent* stream;
  std::string output;
};

void onBufferedEnd(bufferevent* stream, short, void* self) {
  bufferevent_free(stream);
  delete static_cast<Buffered*>(self);
}

void onBufferedRead(bufferevent* stream, void* self) {
  auto& peer = *static_cast<Buffered*>(self);
  evbuffer* const input = bufferevent_get_input(stream);
  peer.output.clear();
  for (;;) {
    const std::size_t size = evbuffer_get_length(input);
    if (size == 0) break;
    const auto* bytes = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
    const std::size_t used = answerRequest({bytes, size}, peer.output);
    if (used == 0) break;
    evbuffer_drain(input, used);
  }
  if (peer.output.empty()) return;
  // Straight to the socket when nothing is queued; the rest, if any, through the buffer.
  std::size_t sent = 0;
  if (evbuffer_get_length(bufferevent_get_output(stream)) == 0) {
    const ssize_t now =
        ::send(bufferevent_getfd(stream), peer.output.data(), peer.output.size(), MSG_NOSIGNAL);
    if (now > 0) sent = static_cast<std::size_t>(now);
  }
  if (sent < peer.output.size()) {
    bufferevent_write(stream, peer.output.data() + sent, peer.output.size() - sent);
  }
}

void onBufferedAccept(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void*) {
  noDelay(fd);
  auto* const peer = new Buffered{
      bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE), {}};
  bufferevent_setcb(peer->stream, onBufferedRead, nullptr, onBufferedEnd, peer);
  bufferevent_enable(peer->stream, EV_READ | EV_WRITE);
}

// --- evhttp

void onEvhttpRequest(evhttp_request* request, void*) {
  evbuffer* const input = evhttp_request_get_input_buffer(request);
  const std::size_t size = evbuffer_get_length(input);
  const auto* bytes = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
  static std::string body;
  body.clear();
  if (!answerBody({bytes, size}, body)) throw std::runtime_error("bad request");
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  evhttp_add_header(headers, "Content-Type", "application/octet-stream");
  evbuffer* const output = evhttp_request_get_output_buffer(request);
  evbuffer_add(output, body.data(), body.size());
  evhttp_send_reply(request, 200, "OK", nullptr);
}

event_base* makeBase() {
  event_config* const config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_base* const base = event_base_new_with_config(config);
  event_config_free(config);
  if (!base) throw std::runtime_error("no event base");
  return base;
}

}  // namespace

void serveByEpoll(const Listening& listening) {
  int port = 0;
  const int listener = listenSomewhere(port);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.fd = listener;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wanted);
  std::unordered_map<int, Peer> peers;
  listening(port);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        acceptAll(epoll, listener, peers);
      } else if (!serveOnce(fd, peers[fd])) {
        peers.erase(fd);
        ::close(fd);
      }
    }
  }
}

void serveByBufferevent(const Listening& listening) {
  int port = 0;
  const int fd = listenSomewhere(port);
  event_base* const base = makeBase();
  evconnlistener* const listener =
      evconnlistener_new(base, onBufferedAccept, nullptr, LEV_OPT_CLOSE_ON_FREE, 0, fd);
  if (!listener) throw std::runtime_error("no listener");
  listening(port);
  event_base_dispatch(base);
}

void serveByEvhttp(const Listening& listening) {
  int port = 0;
  const int fd = listenSomewhere(port);
  event_base* const base = makeBase();
  evhttp* const http = evhttp_new(base);
  evhttp_set_gencb(http, onEvhttpRequest, nullptr);
  if (evhttp_accept_socket(http, fd) != 0) throw std::runtime_error("no listener");
  listening(port);
  event_base_dispatch(base);
}

}  // namespace evmicro::bench
