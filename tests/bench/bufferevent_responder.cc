// What libevent allows: a bufferevent, and replies written directly.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <sys/socket.h>

#include <stdexcept>
#include <string>

#include "bench/bare.h"
#include "bench/responders.h"

namespace evmicro::bench {

namespace {

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

}  // namespace

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

}  // namespace evmicro::bench
