#include "support/faulty_proxy.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <list>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace evmicro::test {

namespace {

using Mode = FaultyProxy::Mode;

constexpr std::size_t kPiece = 16'384;
constexpr int kInterval = 100;  // ms
constexpr std::size_t kSlowPiece = 200;

sockaddr_in addressOf(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1))));
  ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr);
  return address;
}

int listenAnywhere(std::string& where) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = addressOf("127.0.0.1:0");
  socklen_t length = sizeof(address);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(fd, 128) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot listen");
  }
  where = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  return fd;
}

/// One way of a connection.
struct Direction {
  int from;
  int to;
  std::string pending{};

  bool wantsToRead() const { return pending.size() < kPiece; }

  /// False: this was the last of it.
  bool read() {
    char bytes[kPiece];
    const auto got = ::recv(from, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (got > 0) pending.append(bytes, static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && errno == EAGAIN);
  }
  bool write(std::size_t most) {
    const auto size = std::min(most, pending.size());
    const auto put = ::send(to, pending.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put > 0) pending.erase(0, static_cast<std::size_t>(put));
    return put >= 0 || errno == EAGAIN;
  }
};

/// A connection, or rather two.
class Link {
 public:
  Link(int client, int server) : ways_{{client, server}, {server, client}} {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() {
    ::close(ways_[0].from);
    ::close(ways_[1].from);
  }

  void addTo(std::vector<pollfd>& polled, Mode mode) const {
    for (const Direction& way : ways_) {
      short events = 0;
      if (mode != Mode::kPartitioned && way.wantsToRead()) events |= POLLIN;
      const Direction& other = &way == &ways_[0] ? ways_[1] : ways_[0];
      if (mode == Mode::kPass && !other.pending.empty()) events |= POLLOUT;
      // Nothing is asked of one that is cut off or has ended.
      const bool silent = mode == Mode::kPartitioned || over_;
      polled.push_back({silent ? -1 : way.from, events, 0});
    }
  }
  /// `polled` as addTo() added. False: it is over.
  bool move(const pollfd* polled, Mode mode, bool tick) {
    if (mode == Mode::kPartitioned) return true;
    for (std::size_t i = 0; i < 2; ++i) {
      constexpr short kReadable = POLLIN | POLLHUP | POLLERR;
      if ((polled[i].revents & kReadable) != 0 && !ways_[i].read()) over_ = true;
      const std::size_t most = mode == Mode::kPass ? kPiece : tick ? kSlowPiece : 0;
      if (most > 0 && !ways_[i].pending.empty() && !ways_[i].write(most)) return false;
    }
    return !over_ || !(ways_[0].pending.empty() && ways_[1].pending.empty());
  }

 private:
  Direction ways_[2];
  bool over_ = false;
};

int connectTo(const std::string& target) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = addressOf(target);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  ::close(fd);
  return -1;
}

void acceptAll(int listener, const std::string& target, std::list<Link>& links) {
  for (;;) {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = connectTo(target);
    if (server >= 0) {
      links.emplace_back(client, server);
    } else {
      ::close(client);
    }
  }
}

}  // namespace

FaultyProxy::FaultyProxy(const std::string& target) : target_(target) {
  const int listener = listenAnywhere(address_);
  wakeFd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this, listener] { run(listener); });
}

FaultyProxy::~FaultyProxy() {
  ends_ = true;
  wake();
  thread_.join();
  ::close(wakeFd_);
}

void FaultyProxy::set(Mode mode) {
  mode_ = mode;
  wake();
}

void FaultyProxy::wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(::write(wakeFd_, &one, sizeof(one)));
}

void FaultyProxy::run(int listener) {
  std::list<Link> links;
  auto nextTick = std::chrono::steady_clock::now();
  while (!ends_) {
    const Mode mode = mode_;
    std::vector<pollfd> polled = {{wakeFd_, POLLIN, 0},
                                  {mode == Mode::kPartitioned ? -1 : listener, POLLIN, 0}};
    for (const Link& link : links) link.addTo(polled, mode);
    ::poll(polled.data(), polled.size(), mode == Mode::kPartitioned ? -1 : kInterval);
    const auto now = std::chrono::steady_clock::now();
    const bool tick = now >= nextTick;
    if (tick) nextTick = now + std::chrono::milliseconds(kInterval);
    std::uint64_t count = 0;
    static_cast<void>(::read(wakeFd_, &count, sizeof(count)));
    std::size_t place = 2;
    for (auto link = links.begin(); link != links.end(); place += 2) {
      link = link->move(&polled[place], mode, tick) ? std::next(link) : links.erase(link);
    }
    if (polled[1].revents != 0) acceptAll(listener, target_, links);
  }
  ::close(listener);
}

}  // namespace evmicro::test
