#include "support/scripted_server.h"

#include <cstdlib>
#include <list>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <evmicro/timer.h>

#include "event/handles.h"

namespace evmicro::test {

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int boundPort(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

// The first request in `input`, taken out of it; false while it is not all there.
bool takeRequest(std::string& input, ScriptedServer::Request& request) {
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::size_t line = input.find("\r\n");
  request.head = input.substr(line + 2, end + 2 - (line + 2));
  const std::size_t size = std::strtoul(request.header("Content-Length").c_str(), nullptr, 10);
  if (input.size() < end + 4 + size) return false;
  const std::size_t blank = input.find(' ');
  request.method = input.substr(0, blank);
  request.target = input.substr(blank + 1, input.find(' ', blank + 1) - blank - 1);
  request.body = input.substr(end + 4, size);
  input.erase(0, end + 4 + size);
  return true;
}

}  // namespace

std::string ScriptedServer::Request::header(const std::string& name) const {
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::string line = head.substr(at, end - at);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        ::strncasecmp(line.c_str(), name.c_str(), name.size()) == 0) {
      const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
      return value == std::string::npos ? std::string() : line.substr(value);
    }
    at = end + 2;
  }
  return {};
}

struct ScriptedServer::State {
  struct Connection {
    State* server;
    int number;
    std::list<Connection>::iterator self;
    std::string input;
    Reply dripping;
    detail::BufferEvent stream;
    std::unique_ptr<Timer> drip;
  };

  EventLoop& loop;
  Script script;
  std::vector<Request> requests;
  int accepted = 0;
  std::list<Connection> connections;
  detail::ConnListener listener;
  int resets = 0;

  static void onAccept(evconnlistener*, evutil_socket_t fd, sockaddr*, int, void* self) noexcept {
    static_cast<State*>(self)->accept(fd);
  }
  static void onReadable(bufferevent*, void* connection) noexcept {
    auto& from = *static_cast<Connection*>(connection);
    from.server->read(from);
  }
  static void onWritten(bufferevent*, void* connection) noexcept {
    auto& done = *static_cast<Connection*>(connection);
    done.server->connections.erase(done.self);
  }
  static void onEvent(bufferevent*, short what, void* connection) noexcept {
    if ((what & BEV_EVENT_ERROR) != 0) ++static_cast<Connection*>(connection)->server->resets;
    onWritten(nullptr, connection);
  }

  void accept(evutil_socket_t fd) {
    connections.push_back({this, ++accepted, {}, {}, {}, {}, {}});
    Connection& connection = connections.back();
    connection.self = std::prev(connections.end());
    connection.stream.reset(bufferevent_socket_new(loop.base(), fd, BEV_OPT_CLOSE_ON_FREE));
    bufferevent_setcb(connection.stream.get(), onReadable, nullptr, onEvent, &connection);
    bufferevent_enable(connection.stream.get(), EV_READ | EV_WRITE);
  }

  void read(Connection& connection) {
    evbuffer* const buffer = bufferevent_get_input(connection.stream.get());
    const std::size_t old = connection.input.size();
    connection.input.resize(old + evbuffer_get_length(buffer));
    evbuffer_remove(buffer, connection.input.data() + old, connection.input.size() - old);
    Request request;
    while (takeRequest(connection.input, request)) {
      request.connection = connection.number;
      requests.push_back(request);
      answer(connection, script(request));
    }
  }

  void answer(Connection& connection, Reply reply) {
    bufferevent* const stream = connection.stream.get();
    if (reply.pause.count() > 0) {
      connection.dripping = std::move(reply);
      connection.drip = std::make_unique<Timer>(loop, [&connection] {
        Reply& rest = connection.dripping;
        bufferevent_write(connection.stream.get(), rest.bytes.data(), 1);
        rest.bytes.erase(0, 1);
        if (!rest.bytes.empty()) connection.drip->start(rest.pause);
      });
      connection.drip->start(connection.dripping.pause);
      return;
    }
    bufferevent_write(stream, reply.bytes.data(), reply.bytes.size());
    if (reply.then == Then::kKeep) return;
    // Closes when all is written; also at once when there was nothing to write.
    bufferevent_setcb(stream, nullptr, onWritten, onEvent, &connection);
    bufferevent_trigger(stream, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
  }
};

ScriptedServer::ScriptedServer(EventLoop& loop, Script script, int port)
    : state_(new State{loop, std::move(script), {}, 0, {}, {}, 0}) {
  const sockaddr_in address = loopback(port);
  state_->listener.reset(evconnlistener_new_bind(
      loop.base(), &State::onAccept, state_.get(),
      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, SOMAXCONN,
      reinterpret_cast<const sockaddr*>(&address), sizeof address));
  if (!state_->listener) throw std::runtime_error("scripted server cannot listen");
}

ScriptedServer::~ScriptedServer() = default;

std::string ScriptedServer::address() const { return "127.0.0.1:" + std::to_string(port()); }
int ScriptedServer::port() const {
  return boundPort(evconnlistener_get_fd(state_->listener.get()));
}
const std::vector<ScriptedServer::Request>& ScriptedServer::requests() const {
  return state_->requests;
}
int ScriptedServer::accepted() const { return state_->accepted; }
int ScriptedServer::open() const { return static_cast<int>(state_->connections.size()); }
int ScriptedServer::resets() const { return state_->resets; }
void ScriptedServer::closeConnections() { state_->connections.clear(); }

void ScriptedServer::send(int connection, const std::string& bytes) {
  for (State::Connection& open : state_->connections) {
    if (open.number == connection) bufferevent_write(open.stream.get(), bytes.data(), bytes.size());
  }
}

ScriptedServer::Reply ScriptedServer::reply(int status, const std::string& body,
                                            const std::string& headers) {
  return {"HTTP/1.1 " + std::to_string(status) + " Text\r\n" + headers +
              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
          Then::kKeep,
          {}};
}

}  // namespace evmicro::test
