// A bare client: bufferevents, requests written directly.
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>

#include "bench/bare.h"
#include "bench/bench.pb.h"
#include "bench/callers.h"
#include "greeter.pb.h"

namespace evmicro::bench {

namespace {

using Clock = std::chrono::steady_clock;

class BuffereventCaller;

struct Connection {
  BuffereventCaller* owner;
  bufferevent* stream;
  std::string body;
  std::string output;
  Clock::time_point sent;
};

int connectTo(const std::string& host, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to " + host);
  }
  noDelay(fd);
  evutil_make_socket_nonblocking(fd);
  return fd;
}

class BuffereventCaller final : public Caller {
 public:
  explicit BuffereventCaller(const Target& target)
      : inFlight_(target.inFlight),
        base_(makeBase()),
        connections_(std::max(target.inFlight, target.nodes)) {
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[i];
      connection.owner = this;
      connection.stream = bufferevent_socket_new(
          base_, connectTo(nodeAddress(i % target.nodes), target.port), BEV_OPT_CLOSE_ON_FREE);
      bufferevent_setcb(connection.stream, onReadable, nullptr, onOver, &connection);
      bufferevent_enable(connection.stream, EV_READ | EV_WRITE);
      idle_.push_back(&connection);
    }
  }
  ~BuffereventCaller() override {
    for (const Connection& connection : connections_) bufferevent_free(connection.stream);
    event_base_free(base_);
  }

  void run(std::size_t calls, std::vector<double>& latencies) override {
    latencies_ = &latencies;
    calls_ = calls;
    asked_ = 0;
    for (std::size_t i = 0; i < inFlight_; ++i) ask();
    event_base_dispatch(base_);
    if (latencies.size() != calls) throw std::runtime_error("a connection ended too early");
  }

 private:
  static void onReadable(bufferevent*, void* connection) {
    static_cast<Connection*>(connection)->owner->read(*static_cast<Connection*>(connection));
  }
  static void onOver(bufferevent* stream, short, void*) {
    event_base_loopbreak(bufferevent_get_base(stream));
  }

  void ask() {
    if (asked_ == calls_) return;
    ++asked_;
    std::uniform_int_distribution<std::size_t> any(0, idle_.size() - 1);
    std::swap(idle_[any(random_)], idle_.back());
    Connection& connection = *idle_.back();
    idle_.pop_back();
    connection.sent = Clock::now();
    writeRequest(connection);
    send(connection);
  }

  static void writeRequest(Connection& connection) {
    RequestEnvelope envelope;
    envelope.set_method("Greeter.Hello");
    envelope.set_seq(0);
    HelloRequest request;
    request.set_name("John");
    connection.body.clear();
    appendPart(envelope, connection.body);
    appendPart(request, connection.body);
    std::string& output = connection.output;
    output = "POST / HTTP/1.1\r\nHost: 127.0.0.1:9090\r\nContent-Length: ";
    output += std::to_string(connection.body.size());
    output += "\r\nContent-Type: application/octet-stream\r\nX-Micro-From-Service: caller\r\n\r\n";
    output += connection.body;
  }

  static void send(Connection& connection) {
    const std::string& output = connection.output;
    const ssize_t sent =
        ::send(bufferevent_getfd(connection.stream), output.data(), output.size(), MSG_NOSIGNAL);
    const std::size_t done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (done < output.size()) {
      bufferevent_write(connection.stream, output.data() + done, output.size() - done);
    }
  }

  void read(Connection& connection) {
    evbuffer* const input = bufferevent_get_input(connection.stream);
    const std::size_t size = evbuffer_get_length(input);
    const auto* bytes = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
    std::string_view body;
    const std::size_t used = splitMessage({bytes, size}, body);
    if (used == 0) return;
    checkReply(body);
    evbuffer_drain(input, used);
    const std::chrono::duration<double, std::micro> latency = Clock::now() - connection.sent;
    latencies_->push_back(latency.count());
    idle_.push_back(&connection);
    if (latencies_->size() == calls_) event_base_loopbreak(base_);
    ask();
  }

  static void checkReply(std::string_view body) {
    std::string_view part;
    std::string_view payload;
    ReplyEnvelope envelope;
    HelloResponse response;
    if (!splitBody(body, part, payload) ||
        !envelope.ParseFromArray(part.data(), static_cast<int>(part.size())) ||
        !response.ParseFromArray(payload.data(), static_cast<int>(payload.size())) ||
        !envelope.error().empty() || response.greeting() != "Hello John") {
      throw std::runtime_error("wrong reply");
    }
  }

  const std::size_t inFlight_;
  event_base* const base_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  std::minstd_rand random_;
  std::vector<double>* latencies_ = nullptr;
  std::size_t asked_ = 0;
  std::size_t calls_ = 0;
};

}  // namespace

std::string nodeAddress(std::size_t node) {
  return "127.0." + std::to_string(node / 250) + "." + std::to_string(node % 250 + 1);
}

std::unique_ptr<Caller> callByBufferevent(const Target& target) {
  return std::make_unique<BuffereventCaller>(target);
}

}  // namespace evmicro::bench
