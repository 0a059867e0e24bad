// Reverse proxies to compare with: a bare one of libevent, and nginx.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "bench/bare.h"
#include "bench/gateways.h"

namespace evmicro::bench {

namespace {

constexpr char kNginx[] = "/usr/sbin/nginx";

// A caller's connection, and the one to the backend that belongs to it.
struct Pair {
  bufferevent* caller;
  bufferevent* backend;
};

void onEnd(bufferevent*, short what, void* self) {
  if (what & BEV_EVENT_CONNECTED) return;
  auto* const pair = static_cast<Pair*>(self);
  bufferevent_free(pair->caller);
  bufferevent_free(pair->backend);
  delete pair;
}

// Whole messages go on; a part waits for its rest.
void passOn(bufferevent* from, bufferevent* to) {
  evbuffer* const input = bufferevent_get_input(from);
  for (;;) {
    const std::size_t size = evbuffer_get_length(input);
    if (size == 0) return;
    const auto* bytes = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
    std::string_view body;
    const std::size_t used = splitMessage({bytes, size}, body);
    if (used == 0) return;
    bufferevent_write(to, bytes, used);
    evbuffer_drain(input, used);
  }
}

void onRequest(bufferevent* from, void* self) { passOn(from, static_cast<Pair*>(self)->backend); }
void onReply(bufferevent* from, void* self) { passOn(from, static_cast<Pair*>(self)->caller); }

void onAccept(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void* port) {
  noDelay(fd);
  event_base* const base = evconnlistener_get_base(listener);
  auto* const pair = new Pair{bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE),
                              bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(*static_cast<int*>(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bufferevent_setcb(pair->caller, onRequest, nullptr, onEnd, pair);
  bufferevent_setcb(pair->backend, onReply, nullptr, onEnd, pair);
  if (bufferevent_socket_connect(pair->backend, reinterpret_cast<sockaddr*>(&address),
                                 sizeof address) != 0) {
    throw std::runtime_error("cannot connect to the backend");
  }
  noDelay(bufferevent_getfd(pair->backend));
  bufferevent_enable(pair->caller, EV_READ | EV_WRITE);
  bufferevent_enable(pair->backend, EV_READ | EV_WRITE);
}

// As nginx's manual has it for a proxy that keeps its connections.
std::string nginxSettings(int port, int backend, const std::string& pidFile) {
  return "daemon off;\nmaster_process off;\nerror_log stderr crit;\npid " + pidFile +
         ";\n"
         "events { worker_connections 4096; }\n"
         "http {\n"
         "  access_log /dev/null combined;\n"
         "  upstream greeter { server 127.0.0.1:" +
         std::to_string(backend) +
         "; keepalive 64; keepalive_requests 1000000000; }\n"
         "  server {\n    listen 127.0.0.1:" +
         std::to_string(port) +
         ";\n    keepalive_requests 1000000000;\n    location / {\n"
         "      proxy_pass http://greeter;\n      proxy_http_version 1.1;\n"
         "      proxy_set_header Connection \"\";\n    }\n  }\n}\n";
}

// Removes the files and reports the port, in a process of its own, once nginx has written its
// process number: then it listens.
void reportWhenReady(int ready, const std::string& settings, const std::string& pidFile, int port,
                     const Listening& listening) {
  const pid_t reporter = ::fork();
  if (reporter < 0) throw std::runtime_error("cannot fork");
  if (reporter > 0) return;
  alignas(inotify_event) char event[256];
  const bool isReady = ::read(ready, event, sizeof event) > 0;
  ::unlink(settings.c_str());
  ::unlink(pidFile.c_str());
  if (isReady) listening(port);
  std::_Exit(0);
}

}  // namespace

void passByBufferevent(int backend, const Listening& listening) {
  int port = 0;
  const int fd = listenSomewhere(port);
  event_base* const base = makeBase();
  if (!evconnlistener_new(base, onAccept, &backend, LEV_OPT_CLOSE_ON_FREE, 0, fd)) {
    throw std::runtime_error("no listener");
  }
  listening(port);
  event_base_dispatch(base);
}

bool haveNginx() { return ::access(kNginx, X_OK) == 0; }

void passByNginx(int backend, const Listening& listening) {
  int port = 0;
  ::close(listenSomewhere(port));  // a free one
  std::string path = "/tmp/evmicro-bench-XXXXXX";
  const int file = ::mkstemp(path.data());
  if (file < 0) throw std::runtime_error("no temporary file");
  ::close(file);
  const std::string pidFile = path + ".pid";
  if (!std::ofstream(pidFile)) throw std::runtime_error("cannot write " + pidFile);
  const int written = ::inotify_init1(0);
  if (::inotify_add_watch(written, pidFile.c_str(), IN_MODIFY) < 0) {
    throw std::runtime_error("cannot watch " + pidFile);
  }
  if (!(std::ofstream(path) << nginxSettings(port, backend, pidFile)).flush()) {
    throw std::runtime_error("cannot write " + path);
  }
  reportWhenReady(written, path, pidFile, port, listening);
  ::close(written);
  ::execl(kNginx, kNginx, "-p", "/tmp", "-c", path.c_str(), static_cast<char*>(nullptr));
  throw std::runtime_error("cannot run nginx");
}

}  // namespace evmicro::bench
