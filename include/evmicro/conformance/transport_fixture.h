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

/// One end of a connection: owns the socket, writes down what it is told, and then does what the
/// test wants in that place.
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
  /// What was told, in order: m(essage), f(inished), w(ritable), c(losed).
  std::string events;
  std::optional<Status> closed;

  // In these the test may destroy everything, this object included.
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

/// What the suites of transports share: a loop, a transport, a listener that keeps what it accepts.
/// Each implementation derives from the suites and says how it is made.
class TransportFixture : public CppUnit::TestFixture, protected Listener::Observer {
 public:
  void setUp() override;
  void tearDown() override;

 protected:
  virtual std::unique_ptr<Transport> makeTransport(EventLoop& loop) = 0;

  void listen(ListenOptions options = {}, const std::string& address = "127.0.0.1:0");
  /// Dials the listener. The end is the fixture's until it is taken by a test.
  End& dial(DialOptions options = {});
  /// A connection whose first message, "first", has arrived; its accepted end is accepted().
  End& connect(DialOptions options = {});
  End& accepted(std::size_t index = 0) { return *accepted_.at(index); }

  bool turnUntil(const std::function<bool()>& done);
  /// Turns until whatever is under way has had the time to arrive: a conversation on another
  /// connection is over that began later.
  void settle();

  void onAccept(std::unique_ptr<Socket> socket) override;
  void onListenerFailure(Status why) override { failure_ = std::move(why); }

  /// An end that sends back what comes, headers included.
  static void echo(End& end);
  static std::string numbered(int number) { return "message " + std::to_string(number); }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<End>> dialled_;
  std::vector<std::unique_ptr<End>> accepted_;
  /// Instead of keeping what is accepted.
  std::function<void(std::unique_ptr<Socket>)> whenAccepted_;
  /// What every accepted end gets before its first message.
  std::function<void(End&)> prepare_;
  std::optional<Status> failure_;
};

}  // namespace evmicro::test
