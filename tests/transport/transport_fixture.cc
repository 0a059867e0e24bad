#include <evmicro/conformance/transport_fixture.h>

#include "support/turn_until.h"

namespace evmicro::test {

namespace {

class Barrier final : public Listener::Observer {
 public:
  void onAccept(std::unique_ptr<Socket> socket) override {
    accepted = std::make_unique<End>(std::move(socket));
    accepted->whenMessage = [](End& end, const std::string& body) { end.send(body); };
  }
  void onListenerFailure(Status) override {}

  std::unique_ptr<End> accepted;
};

}  // namespace

void TransportFixture::setUp() {
  loop_ = std::make_unique<EventLoop>();
  transport_ = makeTransport(*loop_);
  whenAccepted_ = nullptr;
  prepare_ = nullptr;
  failure_.reset();
}

void TransportFixture::tearDown() {
  dialled_.clear();
  accepted_.clear();
  listener_.reset();
  transport_.reset();
  loop_.reset();
}

void TransportFixture::listen(ListenOptions options) { listen(options, anyAddress()); }

void TransportFixture::listen(ListenOptions options, const std::string& address) {
  auto listener = transport_->listen(address, options, *this);
  CPPUNIT_ASSERT_MESSAGE(listener.status().toString(), listener.ok());
  listener_ = std::move(*listener);
}

End& TransportFixture::dial(DialOptions options) {
  auto socket = transport_->dial(listener_->address(), options);
  CPPUNIT_ASSERT_MESSAGE(socket.status().toString(), socket.ok());
  dialled_.push_back(std::make_unique<End>(std::move(*socket)));
  return *dialled_.back();
}

End& TransportFixture::connect(DialOptions options) {
  if (!listener_) listen();
  const std::size_t before = accepted_.size();
  End& end = dial(options);
  end.send("first");
  CPPUNIT_ASSERT(
      turnUntil([&] { return accepted_.size() > before && accepted_.back()->bodies.size() == 1; }));
  CPPUNIT_ASSERT_EQUAL(std::string("first"), accepted_.back()->bodies.at(0));
  return end;
}

void TransportFixture::onAccept(std::unique_ptr<Socket> socket) {
  if (whenAccepted_) {
    const auto then = whenAccepted_;
    then(std::move(socket));
    return;
  }
  accepted_.push_back(std::make_unique<End>(std::move(socket)));
  if (prepare_) prepare_(*accepted_.back());
}

bool TransportFixture::turnUntil(const std::function<bool()>& done) {
  return test::turnUntil(*loop_, done);
}

void TransportFixture::settle() {
  Barrier barrier;
  auto listener = transport_->listen("127.0.0.1:0", {}, barrier);
  CPPUNIT_ASSERT_MESSAGE(listener.status().toString(), listener.ok());
  auto socket = transport_->dial((*listener)->address(), {});
  CPPUNIT_ASSERT_MESSAGE(socket.status().toString(), socket.ok());
  End end(std::move(*socket));
  for (std::size_t round = 1; round <= 5; ++round) {
    end.send("barrier");
    CPPUNIT_ASSERT(turnUntil([&] { return end.bodies.size() == round || end.over(); }));
    CPPUNIT_ASSERT(!end.over());
  }
}

void TransportFixture::echo(End& end) {
  end.whenMessage = [](End& self, const std::string& body) {
    self.send(body, self.headers.back());
  };
}

}  // namespace evmicro::test
