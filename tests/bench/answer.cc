#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "bench/bench.pb.h"
#include "bench/responders.h"

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

template <typename Message>
void appendNetstring(const Message& message, std::string& out) {
  const std::uint32_t size = htonl(static_cast<std::uint32_t>(message.ByteSizeLong()));
  out.append(reinterpret_cast<const char*>(&size), 4);
  message.AppendToString(&out);
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

bool answerBody(std::string_view body, std::string& reply) {
  std::string_view envelope;
  std::string_view payload;
  if (!takeNetstring(body, envelope) || !takeNetstring(body, payload)) return false;
  RequestEnvelope request;
  HelloRequest hello;
  if (!request.ParseFromArray(envelope.data(), static_cast<int>(envelope.size())) ||
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
  appendNetstring(answer, reply);
  appendNetstring(response, reply);
  return true;
}

std::size_t answerRequest(std::string_view input, std::string& output) {
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::size_t size = contentLength(input.substr(0, end + 2));
  if (input.size() - (end + 4) < size) return 0;
  thread_local std::string body;
  body.clear();
  if (!answerBody(input.substr(end + 4, size), body)) throw std::runtime_error("bad request");
  output += "HTTP/1.1 200 OK\r\nContent-Length: ";
  output += std::to_string(body.size());
  output += "\r\nContent-Type: application/octet-stream\r\nKeep-Alive: timeout=120\r\n\r\n";
  output += body;
  return end + 4 + size;
}

int listenSomewhere(int& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(fd, 4096) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace evmicro::bench
