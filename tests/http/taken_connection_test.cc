// Connections taken over from evhttp.
#include "http/server_fixture.h"

#include <sys/socket.h>
#include <unistd.h>

namespace evmicro {

using namespace detail;
using namespace std::chrono_literals;

class TakenConnectionTest : public test::HttpServerFixture {
  CPPUNIT_TEST_SUITE(TakenConnectionTest);
  CPPUNIT_TEST(carriesBytesBothWays);
  CPPUNIT_TEST(holdsWhatCameAfterTheFirstRequest);
  CPPUNIT_TEST(theServersTimeOutsDoNotApply);
  CPPUNIT_TEST(worksOnWithoutTheServer);
  CPPUNIT_TEST(mayBeTheLastOfTheServerToGo);
  CPPUNIT_TEST(mayBeDroppedInTheHandler);
  CPPUNIT_TEST(mayBeDroppedInACallbackOfItsStream);
  CPPUNIT_TEST(mayBeDroppedLastInACallbackOfItsStream);
  CPPUNIT_TEST(serverMayBeDestroyedInTheHandlerThatTook);
  CPPUNIT_TEST(aDescriptorUsedAgainAtOnceIsPolled);
  CPPUNIT_TEST(messageStaysReadable);
  CPPUNIT_TEST(countsAsAConnection);
  CPPUNIT_TEST(manyComeAndGo);
  CPPUNIT_TEST(moveAssignmentClosesWhatWasHeld);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    HttpServerFixture::setUp();
    handle_ = [this](HttpExchange exchange) { taken_.push_back(exchange.takeOver()); };
    atRead_ = nullptr;
  }

  void carriesBytesBothWays() {
    open();
    test::RawPeer& peer = take();
    echo(taken_.front());
    peer.send("not HTTP at all");
    expect(peer, "not HTTP at all");
    peer.finish();
    CPPUNIT_ASSERT(!peer.ended());
    taken_.clear();
    expectEnd(peer);
    CPPUNIT_ASSERT(!peer.has("HTTP/1.1"));
  }

  void holdsWhatCameAfterTheFirstRequest() {
    open();
    test::RawPeer& peer = connect();
    peer.send("POST /1 HTTP/1.1\r\nContent-Length: 1\r\n\r\nxPOST /2 and so on");
    CPPUNIT_ASSERT(until([&] { return !taken_.empty(); }));
    evbuffer* input = bufferevent_get_input(taken_.front().stream());
    CPPUNIT_ASSERT_EQUAL(std::string("POST /2 and so on"), text(input));
    peer.send("!");
    echo(taken_.front());
    expect(peer, "POST /2 and so on!");
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), seen_.size());
  }

  void theServersTimeOutsDoNotApply() {
    HttpServerOptions options;
    options.idleTimeout = 20ms;
    options.requestTimeout = 20ms;
    open(options);
    test::RawPeer& peer = take();
    echo(taken_.front());
    test::runFor(*loop_, 70ms);
    CPPUNIT_ASSERT(!peer.ended());
    peer.send("still here");
    expect(peer, "still here");
  }

  void worksOnWithoutTheServer() {
    open();
    test::RawPeer& peer = take();
    echo(taken_.front());
    server_.reset();
    test::runFor(*loop_, 2ms);
    peer.send("on my own");
    expect(peer, "on my own");
    taken_.clear();
    expectEnd(peer);
  }

  void mayBeTheLastOfTheServerToGo() {
    open();
    take();
    take();
    server_.reset();
    taken_.clear();
    peers_.clear();
    loop_.reset();  // without another turn; tearDown looks for descriptors that are left
  }

  void mayBeDroppedInTheHandler() {
    open();
    handle_ = [](HttpExchange exchange) { exchange.takeOver(); };
    test::RawPeer& peer = connect();
    peer.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
    expectEnd(peer);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), seen_.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->connections());
    expectAlive();
  }

  void mayBeDroppedInACallbackOfItsStream() {
    open();
    test::RawPeer& peer = take();
    echo(taken_.front());
    atRead_ = [this] { taken_.clear(); };
    peer.send("bye");
    expectEnd(peer);
    expectAlive();
  }

  void mayBeDroppedLastInACallbackOfItsStream() {
    open();
    test::RawPeer& peer = take();
    echo(taken_.front());
    server_.reset();
    atRead_ = [this] { taken_.clear(); };
    peer.send("bye");
    expectEnd(peer);
  }

  void serverMayBeDestroyedInTheHandlerThatTook() {
    open();
    handle_ = [this](HttpExchange exchange) {
      taken_.push_back(exchange.takeOver());
      server_.reset();
    };
    test::RawPeer& peer = connect();
    peer.send("GET / HTTP/1.1\r\n\r\n");
    CPPUNIT_ASSERT(until([&] { return !taken_.empty(); }));
    echo(taken_.front());
    peer.send("works");
    expect(peer, "works");
  }

  // evhttp closes the descriptor while it is still registered, when the connection is freed in one
  // of its own callbacks; a socket made there gets the same number and was never polled.
  void aDescriptorUsedAgainAtOnceIsPolled() {
    open();
    test::RawPeer& peer = take();
    echo(taken_.front());
    std::string got;
    int ends[2] = {-1, -1};
    EventHandle readable;
    atRead_ = [&] {
      taken_.clear();
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends);
      readable.reset(event_new(
          loop_->base(), ends[0], EV_READ,
          [](evutil_socket_t fd, short, void* to) {
            char byte = 0;
            if (::read(fd, &byte, 1) == 1) static_cast<std::string*>(to)->push_back(byte);
          },
          &got));
      event_add(readable.get(), nullptr);
      [[maybe_unused]] const auto written = ::write(ends[1], "x", 1);
    };
    peer.send("go");
    const bool came = until([&] { return !got.empty(); });
    readable.reset();
    ::close(ends[0]);
    ::close(ends[1]);
    CPPUNIT_ASSERT(came);
  }

  void messageStaysReadable() {
    open();
    std::string body;
    handle_ = [&](HttpExchange exchange) {
      taken_.push_back(exchange.takeOver());
      body = exchange.message().body.toString();
      exchange.reply(200, {}, "never sent");
    };
    test::RawPeer& peer = connect();
    peer.send("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
    CPPUNIT_ASSERT(until([&] { return !taken_.empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), body);
    taken_.clear();
    expectEnd(peer);
    CPPUNIT_ASSERT_EQUAL(std::string(), peer.received());
  }

  void countsAsAConnection() {
    open();
    take();
    connect();
    CPPUNIT_ASSERT(until([&] { return server_->connections() == 2; }));
    taken_.clear();
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
  }

  void manyComeAndGo() {
    open();
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < 20; ++i) connect().send("GET / HTTP/1.1\r\n\r\n");
      CPPUNIT_ASSERT(until([&] { return taken_.size() == 20; }));
      taken_.clear();
      for (const auto& peer : peers_) expectEnd(*peer);
      peers_.clear();
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), server_->connections());
  }

  void moveAssignmentClosesWhatWasHeld() {
    open();
    test::RawPeer& first = take();
    test::RawPeer& second = take();
    taken_.front() = std::move(taken_.back());
    taken_.pop_back();
    expectEnd(first);
    CPPUNIT_ASSERT(!second.ended());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), server_->connections());
  }

 private:
  // A peer whose connection has been taken over.
  test::RawPeer& take() {
    test::RawPeer& peer = connect();
    peer.send("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    const std::size_t wanted = taken_.size() + 1;
    CPPUNIT_ASSERT(until([&] { return taken_.size() == wanted; }));
    return peer;
  }
  void echo(const TakenConnection& connection) {
    bufferevent_setcb(connection.stream(), &onRead, nullptr, &onEvent, this);
    bufferevent_enable(connection.stream(), EV_READ | EV_WRITE);
  }
  static void onRead(bufferevent* stream, void* self) noexcept {
    const auto& atRead = static_cast<TakenConnectionTest*>(self)->atRead_;
    if (atRead) return atRead();
    bufferevent_write_buffer(stream, bufferevent_get_input(stream));
  }
  static void onEvent(bufferevent*, short, void*) noexcept {}
  static std::string text(evbuffer* buffer) {
    std::string bytes(evbuffer_get_length(buffer), '\0');
    evbuffer_copyout(buffer, bytes.data(), bytes.size());
    return bytes;
  }

  std::function<void()> atRead_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TakenConnectionTest);

}  // namespace evmicro
