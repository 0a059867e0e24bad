#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/event_loop.h>

#include "net/noted.h"
#include "net/tls.h"
#include "net/tls_stream.h"
#include "support/certificates.h"
#include "support/manual_clock.h"

namespace evmicro::test {

/// What a carrier does and is told; it outlives the carrier.
struct TlsWire {
  detail::ByteStream::Observer& up() { return *observer; }

  detail::ByteStream::Observer* observer = nullptr;
  std::string out;  // what was written waits here until the test takes it
  int writes = 0;
  std::size_t lowWater = 0;
  bool slow = false;  // the carrier says that what is in `out` waits
  bool reading = true;
  bool woken = false;
  bool finished = false;
  bool wasReset = false;
  std::function<void()> whenWritten;  // may be empty
};

class TlsCarrier final : public detail::ByteStream {
 public:
  explicit TlsCarrier(std::shared_ptr<TlsWire> wire) : wire_(std::move(wire)) {}
  void observe(detail::ByteStream::Observer& observer) noexcept override {
    wire_->observer = &observer;
  }
  bool connected() const noexcept override { return true; }
  std::size_t queued() const noexcept override { return wire_->slow ? wire_->out.size() : 0; }
  void write(std::string_view head, Buffer& body) override {
    wire_->out.append(head);
    wire_->out.append(body.contiguous());
    body.clear();
    ++wire_->writes;
    if (wire_->whenWritten) wire_->whenWritten();
  }
  void setLowWater(std::size_t bytes) noexcept override { wire_->lowWater = bytes; }
  void stopReading() override { wire_->reading = false; }
  void startReading() override { wire_->reading = true; }
  void wake() override { wire_->woken = true; }
  bool quiet() const noexcept override { return true; }
  void shutdownWrite() override { wire_->finished = true; }
  void reset() override { wire_->wasReset = true; }
  std::string peerAddress() const override { return "192.0.2.1:7"; }
  std::string localAddress() const override { return "192.0.2.2:8"; }

 private:
  const std::shared_ptr<TlsWire> wire_;  // with the test
};

/// One end: the stream, its carrier, and what it has told.
struct TlsEnd {
  std::unique_ptr<detail::ByteStream> stream;
  std::shared_ptr<TlsWire> wire;  // with the carrier
  Noted noted;

  void write(std::string_view head, std::string_view body = {}) {
    Buffer buffer(body);
    stream->write(head, buffer);
  }
};

// Moves what `from` has written to `to`, in pieces of `step` bytes.
inline void carry(TlsEnd& from, TlsEnd& to, std::size_t step) {
  const std::string bytes = std::exchange(from.wire->out, {});
  for (std::size_t at = 0; at < bytes.size() && to.stream; at += step) {
    to.wire->up().onBytes(std::string_view(bytes).substr(at, step));
  }
}

/// A server and a client of TLS, with one stream each, on carriers in memory.
class TlsFixture : public CppUnit::TestFixture {
 public:
  void setUp() override {
    clock_.emplace();  // handshakes take no time: any number begins in a turn
    loop_.emplace();
    folder_.emplace();
    authority_.emplace(*folder_, "ca");
    identity_ = authority_->issue({});
    TlsOptions options;
    options.certificate = identity_.certificate;
    options.key = identity_.key;
    const auto server =
        detail::makeTlsServer(*loop_, options, detail::TlsAlpn::kHttp1, kMostUnfinished);
    CPPUNIT_ASSERT(server.ok());
    tlsServer_ = *server;
    TlsOptions trusting;
    trusting.caFile = authority_->file();
    const auto client = detail::makeTlsClient(trusting);
    CPPUNIT_ASSERT(client.ok());
    tlsClient_ = *client;
    accept(server_);
    dial(client_);
  }
  void tearDown() override {
    server_ = {};
    client_ = {};
    tlsServer_.reset();
    tlsClient_.reset();
    authority_.reset();
    folder_.reset();
    loop_.reset();
    clock_.reset();
  }

 protected:
  static constexpr std::size_t kMostUnfinished = 20;

  void accept(TlsEnd& end) {
    end = {};
    end.wire = std::make_shared<TlsWire>();
    end.stream = tlsServer_->wrap(std::make_unique<TlsCarrier>(end.wire));
    end.stream->observe(end.noted);
  }
  void dial(TlsEnd& end, const std::string& host = "127.0.0.1") {
    end = {};
    end.wire = std::make_shared<TlsWire>();
    end.stream = tlsClient_->wrap(std::make_unique<TlsCarrier>(end.wire), {host + ":1", host, ""});
    end.stream->observe(end.noted);
  }
  void connect() {
    client_.wire->up().onConnected();
    settle();
  }
  // Until neither has anything to say.
  void settle() {
    while (server_.stream && client_.stream &&
           !(client_.wire->out.empty() && server_.wire->out.empty())) {
      carry(client_, server_, step_);
      carry(server_, client_, step_);
    }
  }
  void talk() {
    client_.write("question ", "one");
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("question one"), server_.noted.bytes);
    server_.write("answer");
    settle();
    CPPUNIT_ASSERT_EQUAL(std::string("answer"), client_.noted.bytes);
  }
  static std::string helloOf(TlsEnd& end) {
    end.wire->up().onConnected();
    return end.wire->out;
  }
  static SSL* ssl(TlsEnd& end) { return dynamic_cast<detail::TlsStream&>(*end.stream).ssl(); }

  std::optional<test::ManualClock> clock_;
  std::optional<EventLoop> loop_;
  std::optional<test::CertificateFolder> folder_;
  std::optional<Authority> authority_;
  test::Identity identity_;
  std::shared_ptr<detail::TlsServer> tlsServer_;  // shared with its streams
  std::shared_ptr<detail::TlsClient> tlsClient_;
  TlsEnd server_;
  TlsEnd client_;
  std::size_t step_ = 1U << 20;
};

}  // namespace evmicro::test
