#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>
#include <evmicro/transport.h>

namespace evmicro::test {

/// One end of a connection: owns the socket, records its events, and then runs the test's function
/// for the event.
class End final : public Socket::Observer {
 public:
  End() = default;
  explicit End(std::unique_ptr<Socket> taken) : socket(std::move(taken)) { socket->observe(this); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  void send(const std::string& body, const Metadata& with = {}) {
    socket->send(with, Buffer(body));
  }
  bool over() const noexcept { return closed.has_value(); }

  std::vector<std::string> bodies;
  std::vector<Metadata> headers;
  /// The events, in order: m(essage), f(inished), w(ritable), c(losed).
  std::string events;
  std::optional<Status> closed;

  // These may destroy everything, including this object.
  std::function<void(End&, const std::string& body)> whenMessage;
  std::function<void(End&)> whenFinished;
  std::function<void(End&)> whenWritable;
  std::function<void(End&)> whenClosed;

  std::unique_ptr<Socket> socket;

 private:
  void onMessage(Message& message) override {
    events += 'm';
    bodies.push_back(message.body.toString());
    headers.push_back(message.headers);
    const auto then = whenMessage;
    const std::string body = bodies.back();
    if (then) then(*this, body);
  }
  void onPeerFinished() override {
    events += 'f';
    if (const auto then = whenFinished) then(*this);
  }
  void onWritable() override {
    events += 'w';
    if (const auto then = whenWritable) then(*this);
  }
  void onClosed(Status why) override {
    events += 'c';
    closed = std::move(why);
    if (const auto then = whenClosed) then(*this);
  }
};

/// The fixture of the transport suites: a loop, a transport, and a listener that keeps accepted
/// sockets. The suites of an implementation derive from the contracts and override makeTransport().
class TransportFixture : public CppUnit::TestFixture, protected Listener::Observer {
 public:
  void setUp() override;
  void tearDown() override;

 protected:
  virtual std::unique_ptr<Transport> makeTransport(EventLoop& loop) = 0;
  /// Where to listen when a test does not care; may be the same each time.
  virtual std::string anyAddress() { return "127.0.0.1:0"; }

  /// Listens on anyAddress().
  void listen(ListenOptions options = {});
  void listen(ListenOptions options, const std::string& address);
  /// Dials the listener. The fixture owns the end until a test takes it.
  End& dial(DialOptions options = {});
  /// Makes a connection whose first message, "first", has arrived; accepted() is its accepted end.
  End& connect(DialOptions options = {});
  End& accepted(std::size_t index = 0) { return *accepted_.at(index); }

  bool turnUntil(const std::function<bool()>& done);
  /// Turns the loop until everything in flight has arrived: until a request that was sent later, on
  /// another connection, has been answered.
  void settle();

  void onAccept(std::unique_ptr<Socket> socket) override;
  void onListenerFailure(Status why) override { failure_ = std::move(why); }

  /// Makes an end send back every message, including the headers.
  static void echo(End& end);
  static std::string numbered(int number) { return "message " + std::to_string(number); }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<End>> dialled_;
  std::vector<std::unique_ptr<End>> accepted_;
  /// Called with accepted sockets instead of keeping them.
  std::function<void(std::unique_ptr<Socket>)> whenAccepted_;
  /// Called with every accepted end before its first message.
  std::function<void(End&)> prepare_;
  std::optional<Status> failure_;
};

}  // namespace evmicro::test
