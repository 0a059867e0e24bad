#include "bench/bare.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "bench/bench.pb.h"
#include "greeter.pb.h"

namespace evmicro::bench {

namespace {

bool takeNetstring(std::string_view& from, std::string_view& value) {
  if (from.size() < 4) return false;
  std::uint32_t size = 0;
  std::memcpy(&size, from.data(), 4);
  size = ntohl(size);
  if (from.size() - 4 < size) return false;
  value = from.substr(4, size);
  from.remove_prefix(4 + size);
  return true;
}

std::size_t contentLength(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length:";
  for (std::size_t at = head.find("\r\n"); at + kName.size() < head.size();
       at = head.find("\r\n", at + 2)) {
    if (::strncasecmp(head.data() + at, kName.data(), kName.size()) == 0) {
      return std::strtoul(head.data() + at + kName.size(), nullptr, 10);
    }
  }
  return 0;
}

}  // namespace

bool splitBody(std::string_view body, std::string_view& envelope, std::string_view& payload) {
  return takeNetstring(body, envelope) && takeNetstring(body, payload);
}

std::size_t splitMessage(std::string_view input, std::string_view& body) {
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::size_t size = contentLength(input.substr(0, end + 2));
  if (input.size() - (end + 4) < size) return 0;
  body = input.substr(end + 4, size);
  return end + 4 + size;
}

bool answerBody(std::string_view body, std::string& reply) {
  std::string_view envelope;
  std::string_view payload;
  RequestEnvelope request;
  HelloRequest hello;
  if (!splitBody(body, envelope, payload) ||
      !request.ParseFromArray(envelope.data(), static_cast<int>(envelope.size())) ||
      !hello.ParseFromArray(payload.data(), static_cast<int>(payload.size())) ||
      request.method() != "Greeter.Hello") {
    return false;
  }
  ReplyEnvelope answer;
  answer.set_method(request.method());
  answer.set_seq(request.seq());
  answer.set_error("");
  HelloResponse response;
  response.set_greeting("Hello " + hello.name());
  appendPart(answer, reply);
  appendPart(response, reply);
  return true;
}

std::size_t answerRequest(std::string_view input, std::string& output) {
  std::string_view request;
  const std::size_t used = splitMessage(input, request);
  if (used == 0) return 0;
  thread_local std::string body;
  body.clear();
  if (!answerBody(request, body)) throw std::runtime_error("bad request");
  appendReply(body, output);
  return used;
}

void appendReply(std::string_view body, std::string& output) {
  output += "HTTP/1.1 200 OK\r\nContent-Length: ";
  output += std::to_string(body.size());
  output += "\r\nContent-Type: application/octet-stream\r\nKeep-Alive: timeout=120\r\n\r\n";
  output += body;
}

int listenSomewhere(int& port, Bind bind) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(bind == Bind::kLoopbackAddress ? INADDR_LOOPBACK : INADDR_ANY);
  socklen_t length = sizeof address;
  // Every address, but none that is reached from outside.
  if (bind == Bind::kLoopbackDevice &&
      ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo") != 0) {
    throw std::runtime_error("cannot bind to the device lo");
  }
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(fd, 4096) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return fd;
}

void noDelay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
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

}  // namespace evmicro::bench
