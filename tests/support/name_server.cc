#include "support/name_server.h"

#include <array>
#include <stdexcept>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace evmicro::test {

namespace {

constexpr std::size_t kHeadSize = 12;
constexpr char kTypeA = 1;
constexpr char kTypeAaaa = 28;

// The name of the question, and where its type begins.
std::string readName(std::string_view packet, std::size_t& at) {
  std::string name;
  while (at < packet.size() && packet[at] != 0) {
    const auto size = static_cast<std::size_t>(packet[at]);
    if (!name.empty()) name += '.';
    name += packet.substr(at + 1, size);
    at += size + 1;
  }
  ++at;
  return name;
}

// The address in the form of the wire, empty when it is of the other family.
std::string packed(const std::string& address, char type) {
  std::array<char, 16> bytes{};
  const bool v6 = address.find(':') != std::string::npos;
  if (v6 != (type == kTypeAaaa)) return {};
  ::inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data());
  return {bytes.data(), v6 ? std::size_t(16) : std::size_t(4)};
}

}  // namespace

NameServer::NameServer(EventLoop& loop) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  auto* const bound = reinterpret_cast<sockaddr*>(&name);
  if (::bind(fd_, bound, size) != 0 || ::getsockname(fd_, bound, &size) != 0) {
    throw std::runtime_error("name server: cannot bind");
  }
  address_ = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  readable_.reset(event_new(
      loop.base(), fd_, EV_READ | EV_PERSIST,
      [](evutil_socket_t, short, void* self) { static_cast<NameServer*>(self)->answer(); }, this));
  event_add(readable_.get(), nullptr);
}

NameServer::~NameServer() {
  readable_.reset();
  ::close(fd_);
}

void NameServer::answer() {
  std::array<char, 512> bytes{};
  sockaddr_in asker{};
  socklen_t size = sizeof asker;
  auto* const to = reinterpret_cast<sockaddr*>(&asker);
  const ssize_t got = ::recvfrom(fd_, bytes.data(), bytes.size(), 0, to, &size);
  if (got < static_cast<ssize_t>(kHeadSize) + 5) return;
  ++questions;
  if (silent) return;
  const std::string_view packet(bytes.data(), static_cast<std::size_t>(got));
  std::size_t at = kHeadSize;
  const auto known = names.find(readName(packet, at));
  const char type = packet[at + 1];
  std::string records;
  char count = 0;
  if (known != names.end()) {
    for (const std::string& address : known->second) {
      const std::string data = packed(address, type);
      if (data.empty()) continue;
      ++count;
      records += {'\xC0', kHeadSize, 0, type, 0, 1, 0, 0, 0, 60, 0, static_cast<char>(data.size())};
      records += data;
    }
  }
  std::string reply(packet.substr(0, 2));
  reply += '\x81';  // a response, recursion desired
  reply += known == names.end() ? '\x83' : '\x80';
  reply += {0, 1, 0, count, 0, 0, 0, 0};
  reply += packet.substr(kHeadSize, at + 4 - kHeadSize);
  reply += records;
  ::sendto(fd_, reply.data(), reply.size(), 0, to, size);
}

}  // namespace evmicro::test
