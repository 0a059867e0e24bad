#include <evmicro/conformance/address_contract.h>

#include <unistd.h>

#include <evmicro/conformance/skip.h>

namespace evmicro::test {

using namespace std::chrono_literals;

int AddressContract::portOf(const std::string& address) {
  return std::stoi(address.substr(address.rfind(':') + 1));
}

void AddressContract::echoesAt(const std::string& address) {
  auto socket = transport_->dial(address, {});
  CPPUNIT_ASSERT_MESSAGE(socket.status().toString(), socket.ok());
  End client(std::move(*socket));
  client.send(address);
  CPPUNIT_ASSERT(turnUntil([&] { return !client.bodies.empty() || client.over(); }));
  CPPUNIT_ASSERT_MESSAGE(client.over() ? client.closed->toString() : "", !client.over());
  CPPUNIT_ASSERT_EQUAL(address, client.bodies[0]);
}

void AddressContract::portZeroGivesAUniqueOne() {
  listen();
  auto second = transport_->listen("127.0.0.1:0", {}, *this);
  CPPUNIT_ASSERT(second.ok());
  CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1:"), listener_->address().substr(0, 10));
  CPPUNIT_ASSERT(portOf(listener_->address()) > 0);
  CPPUNIT_ASSERT(portOf(listener_->address()) != portOf((*second)->address()));
}

void AddressContract::everyAddressIsListenedOn() {
  prepare_ = echo;
  for (const char* address : {":0", "0.0.0.0:0"}) {
    listen({}, address);
    const std::string port = std::to_string(portOf(listener_->address()));
    echoesAt("127.0.0.1:" + port);
    echoesAt(":" + port);  // as Go dials it
    echoesAt("localhost:" + port);
  }
}

void AddressContract::ipv6AddressesGoInBrackets() {
  prepare_ = echo;
  auto listener = transport_->listen("[::1]:0", {}, *this);
  if (!listener.ok()) skip("no IPv6 here: " + listener.status().toString());
  listener_ = std::move(*listener);
  CPPUNIT_ASSERT_EQUAL(std::string("[::1]:"), listener_->address().substr(0, 6));
  echoesAt(listener_->address());
}

void AddressContract::portInUseIsUnavailable() {
  listen();
  const auto second = transport_->listen(listener_->address(), {}, *this);
  CPPUNIT_ASSERT(!second.ok());
  CPPUNIT_ASSERT(second.status().kind() == ErrorKind::kUnavailable);
  CPPUNIT_ASSERT_EQUAL("transport: listen on " + listener_->address() + ": Address already in use",
                       second.status().detail());
}

void AddressContract::portIsFreeAgainAfterTheListener() {
  prepare_ = echo;
  listen();
  const std::string address = listener_->address();
  listener_.reset();
  listen({}, address);
  CPPUNIT_ASSERT_EQUAL(address, listener_->address());
  echoesAt(address);
}

void AddressContract::rangeTakesTheFirstFreePort() {
  // A port in use, with room above it; another program may take the next, so not too strict.
  do {
    listener_.reset();
    listen();
  } while (portOf(listener_->address()) > 65'000);
  const int first = portOf(listener_->address());
  auto second = transport_->listen(
      "127.0.0.1:" + std::to_string(first) + "-" + std::to_string(first + 200), {}, *this);
  CPPUNIT_ASSERT_MESSAGE(second.status().toString(), second.ok());
  const int taken = portOf((*second)->address());
  CPPUNIT_ASSERT(taken > first && taken <= first + 200);
}

void AddressContract::rangeMayBeExhausted() {
  listen();
  const std::string port = std::to_string(portOf(listener_->address()));
  const auto second = transport_->listen("127.0.0.1:" + port + "-" + port, {}, *this);
  CPPUNIT_ASSERT(!second.ok());
  CPPUNIT_ASSERT(second.status().kind() == ErrorKind::kUnavailable);
}

std::string AddressContract::unixAddress() {
  const std::string address = "unix:///tmp/evmicro-contract-" + std::to_string(::getpid());
  const Status status = transport_->listen(address, {}, *this).status();
  if (status.kind() == ErrorKind::kInvalid) skip("no Unix sockets: " + status.detail());
  return address;
}

void AddressContract::unixSocketIsListenedOn() {
  prepare_ = echo;
  const std::string address = unixAddress();
  listen({}, address);
  CPPUNIT_ASSERT_EQUAL(address, listener_->address());
  echoesAt(address);
  echoesAt("UNIX:" + address.substr(7));
}

void AddressContract::unixSocketInUseIsUnavailable() {
  const std::string address = unixAddress();
  listen({}, address);
  const auto second = transport_->listen(address, {}, *this);
  CPPUNIT_ASSERT(!second.ok());
  CPPUNIT_ASSERT(second.status().kind() == ErrorKind::kUnavailable);
  CPPUNIT_ASSERT_EQUAL("transport: listen on " + address + ": Address already in use",
                       second.status().detail());
}

void AddressContract::unixSocketIsFreeAgainAfterTheListener() {
  prepare_ = echo;
  const std::string address = unixAddress();
  listen({}, address);
  listener_.reset();
  End nobody(std::move(*transport_->dial(address, {})));
  CPPUNIT_ASSERT(turnUntil([&] { return nobody.over(); }));
  CPPUNIT_ASSERT(nobody.closed->kind() == ErrorKind::kUnavailable);
  listen({}, address);
  echoesAt(address);
}

void AddressContract::badListenAddressesAreInvalid() {
  for (const char* address :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:9-8", "127.0.0.1:0-9", "127.0.0.1:1-", "::1:80", "[::1]", "[::1:80",
        "127.0.0.1:80 ", "unix://x", "unix:@x", "unix:///x/"}) {
    const auto listener = transport_->listen(address, {}, *this);
    CPPUNIT_ASSERT_MESSAGE(address, !listener.ok());
    CPPUNIT_ASSERT_MESSAGE(address, listener.status().kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_MESSAGE(address, listener.status().detail().find("\"" + std::string(address) +
                                                                    "\"") != std::string::npos);
  }
}

void AddressContract::badDialAddressesAreInvalid() {
  for (const char* address : {"",
                              "127.0.0.1",
                              "127.0.0.1:",
                              "127.0.0.1:x",
                              "127.0.0.1:0",
                              "127.0.0.1:65536",
                              "127.0.0.1:-1",
                              "127.0.0.1:80-90",
                              "::1:80",
                              "[::1]",
                              "[::1:80",
                              "[]:80",
                              "[x]:80",
                              "a host:80",
                              "a/b:80",
                              "user@host:80",
                              "host\r\nX: y:80",
                              "127.0.0.1: 80",
                              "unix://x",
                              "unix:@x",
                              "unix:///x/"}) {
    const auto socket = transport_->dial(address, {});
    CPPUNIT_ASSERT_MESSAGE(address, !socket.ok());
    CPPUNIT_ASSERT_MESSAGE(address, socket.status().kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_MESSAGE(address, socket.status().detail().find("\"" + std::string(address) +
                                                                  "\"") != std::string::npos);
  }
}

void AddressContract::diallingNobodyIsRefused() {
  listen();
  const std::string address = listener_->address();
  listener_.reset();
  auto socket = transport_->dial(address, {});
  CPPUNIT_ASSERT(socket.ok());
  End client(std::move(*socket));
  client.send("x");
  CPPUNIT_ASSERT_EQUAL(std::string(), client.events);
  CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
  CPPUNIT_ASSERT_EQUAL(std::string("c"), client.events);
  CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
  CPPUNIT_ASSERT_EQUAL(address + ": connection refused", client.closed->detail());
  client.send("y");
  client.socket->finishSending();
  client.socket->close();
  settle();
  CPPUNIT_ASSERT_EQUAL(std::string("c"), client.events);
}

void AddressContract::refusalReachesALaterObserver() {
  listen();
  const std::string address = listener_->address();
  listener_.reset();
  auto socket = transport_->dial(address, {});
  CPPUNIT_ASSERT(socket.ok());
  settle();
  End client(std::move(*socket));
  CPPUNIT_ASSERT_EQUAL(std::string(), client.events);  // not within the call
  CPPUNIT_ASSERT(turnUntil([&] { return client.over(); }));
  CPPUNIT_ASSERT(client.closed->kind() == ErrorKind::kUnavailable);
}

void AddressContract::connectionLimitHoldsUntilOneGoes() {
  ListenOptions options;
  options.maxConnections = 2;
  options.idleTimeout = {};  // none is ever idle and gives way
  listen(options);
  End& first = connect();
  connect();
  End& third = dial();
  third.send("x");
  CPPUNIT_ASSERT(
      turnUntil([&] { return third.over() || third.events.find('f') != std::string::npos; }));
  CPPUNIT_ASSERT_EQUAL(std::size_t(2), accepted_.size());
  first.socket->close();
  accepted().whenClosed = [this](End&) { accepted_.erase(accepted_.begin()); };
  accepted().socket->close();
  CPPUNIT_ASSERT(turnUntil([&] { return accepted_.size() == 1; }));
  connect();
  CPPUNIT_ASSERT_EQUAL(std::size_t(2), accepted_.size());
}

}  // namespace evmicro::test
