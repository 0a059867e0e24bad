// The floor: read, parse, write, and epoll_wait.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <unordered_map>

#include "bench/bare.h"
#include "bench/gateways.h"
#include "bench/responders.h"

namespace evmicro::bench {

namespace {

// Answers the first request in `input`: as answerRequest().
using Answer = std::size_t (*)(std::string_view input, std::string& output);

std::size_t greet(std::string_view input, std::string& output) {
  std::string_view body;
  const std::size_t used = splitMessage(input, body);
  if (used != 0) {
    output +=
        "HTTP/1.1 200 OK\r\nContent-Length: 25\r\nContent-Type: application/json\r\n\r\n"
        "{\"greeting\":\"Hello John\"}";
  }
  return used;
}

struct Peer {
  std::string input;
  std::string output;
};

// False: the connection is over.
bool serveOnce(int fd, Peer& peer, Answer answer) {
  std::array<char, 16'384> block;
  const ssize_t size = ::read(fd, block.data(), block.size());
  if (size < 0 && errno == EAGAIN) return true;
  if (size <= 0) return false;
  peer.input.append(block.data(), static_cast<std::size_t>(size));
  peer.output.clear();
  std::size_t used = 0;
  while (const std::size_t one = answer(std::string_view(peer.input).substr(used), peer.output)) {
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

void serve(int listener, Answer answer) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.fd = listener;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wanted);
  std::unordered_map<int, Peer> peers;
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        acceptAll(epoll, listener, peers);
      } else if (!serveOnce(fd, peers[fd], answer)) {
        peers.erase(fd);
        ::close(fd);
      }
    }
  }
}

}  // namespace

void serveByEpoll(const Listening& listening) {
  int port = 0;
  const int listener = listenSomewhere(port);
  listening(port);
  serve(listener, answerRequest);
}

void serveGreetings(const Listening& listening) {
  int port = 0;
  const int listener = listenSomewhere(port);
  listening(port);
  serve(listener, greet);
}

void serveByEpollEverywhere(const Listening& listening) {
  int port = 0;
  const int listener = listenSomewhere(port, Bind::kLoopbackDevice);
  listening(port);
  serve(listener, answerRequest);
}

}  // namespace evmicro::bench
