#include "frame_transport.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>

#include <event2/listener.h>
#include <event2/util.h>
#include <netdb.h>

#include "frame_socket.h"

using namespace evmicro;

namespace {

struct Address {
  sockaddr_storage bytes{};
  int size = sizeof(sockaddr_storage);
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&bytes); }
};

Result<Address> read(std::string_view text) {
  const std::size_t colon = std::min(text.rfind(':'), text.size());
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  const std::string port(text.substr(std::min(colon + 1, text.size())));
  addrinfo hints{}, *found = nullptr;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;  // no host: all addresses
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found) != 0) {
    return Status::invalid("frame: \"" + std::string(text) + "\" is not a numeric host:port");
  }
  Address address;
  address.size = static_cast<int>(found->ai_addrlen);
  std::memcpy(&address.bytes, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return address;
}

class FrameListener final : public Listener {
 public:
  FrameListener(EventLoop& loop, const ListenOptions& options, Observer& observer)
      : loop_(loop), options_(options), observer_(observer) {}
  ~FrameListener() override { stopAccepting(); }

  bool open(Address at) {
    listener_ = evconnlistener_new_bind(
        loop_.base(),
        [](evconnlistener*, evutil_socket_t fd, sockaddr*, int, void* self) {
          static_cast<FrameListener*>(self)->accept(fd);
        },
        this, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, -1, at.raw(),
        at.size);
    if (!listener_) return false;
    socklen_t size = sizeof bound_.bytes;
    ::getsockname(evconnlistener_get_fd(listener_), bound_.raw(), &size);
    return true;
  }

  void stopAccepting() override {
    if (listener_) evconnlistener_free(std::exchange(listener_, nullptr));
  }
  std::size_t awaited() const override { return waiting_.size(); }
  std::string address() const override {
    char host[64] = "";
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(bound_.bytes);
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(bound_.bytes);
    const bool six = bound_.bytes.ss_family == AF_INET6;
    evutil_inet_ntop(bound_.bytes.ss_family,
                     six ? static_cast<const void*>(&v6.sin6_addr) : &v4.sin_addr, host,
                     sizeof host);
    const std::string port = std::to_string(ntohs(six ? v6.sin6_port : v4.sin_port));
    return (six ? "[" + std::string(host) + "]:" : std::string(host) + ":") + port;
  }
  ListenerStats stats() const override { return *stats_; }

 private:
  void accept(evutil_socket_t fd) {
    if (options_.maxConnections > 0 && stats_->connections >= options_.maxConnections) {
      ++stats_->tooManyConnections;
      evutil_closesocket(fd);
      return;
    }
    evutil_make_socket_nonblocking(fd);
    ++stats_->accepted;
    ++stats_->connections;
    const FrameSocket::Limits limits{options_.maxHeaderBytes, options_.maxBodyBytes,
                                     options_.highWaterBytes, options_.messageTimeout};
    const auto place =
        waiting_.insert(waiting_.end(), std::make_unique<FrameSocket>(loop_, fd, limits));
    FrameSocket& socket = **place;
    socket.stats = stats_;
    socket.setIdleTimeout(options_.idleTimeout);
    socket.onFirst = [this, place] {
      auto first = std::move(*place);
      first->onLost = nullptr;
      waiting_.erase(place);
      observer_.onAccept(std::move(first));  // may destroy this
    };
    socket.onLost = [this, place] {
      loop_.deleteLater(std::move(*place));
      waiting_.erase(place);
    };
  }

  EventLoop& loop_;
  const ListenOptions options_;
  Observer& observer_;
  Address bound_;
  evconnlistener* listener_ = nullptr;                                        // owned
  std::shared_ptr<ListenerStats> stats_ = std::make_shared<ListenerStats>();  // and its sockets'
  std::list<std::unique_ptr<FrameSocket>> waiting_;  // for their first message
};

class FrameTransport final : public Transport {
 public:
  explicit FrameTransport(EventLoop& loop) : loop_(loop) {}

  std::string_view name() const override { return "frame"; }

  Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                           Listener::Observer& observer) override {
    const Result<Address> at = read(address);
    if (!at.ok()) return at.status();
    auto listener = std::make_unique<FrameListener>(loop_, options, observer);
    if (!listener->open(*at)) {
      return Status::unavailable("frame: cannot listen on " + std::string(address) + ": " +
                                 std::strerror(errno));
    }
    return std::unique_ptr<Listener>(std::move(listener));
  }

  Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) override {
    Result<Address> to = read(address);
    if (!to.ok()) return to.status();
    const FrameSocket::Limits limits{
        options.maxHeaderBytes, options.maxBodyBytes, options.highWaterBytes, {}};
    auto socket = std::make_unique<FrameSocket>(loop_, -1, limits);
    if (!socket->connect(to->raw(), to->size, options.connectTimeout)) {
      return Status::unavailable("frame: cannot connect to " + std::string(address));
    }
    return std::unique_ptr<Socket>(std::move(socket));
  }

 private:
  EventLoop& loop_;
};

}  // namespace

std::unique_ptr<Transport> makeFrameTransport(EventLoop& loop) {
  return std::make_unique<FrameTransport>(loop);
}
