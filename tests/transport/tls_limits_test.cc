// What strangers may use up of a listener with TLS: memory before the handshake, time after it.
#include <memory>
#include <string>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <evmicro/http_transport.h>

#include "event/handles.h"
#include "http/raw_peer.h"
#include "support/certificates.h"
#include "transport/timed_fixture.h"

namespace evmicro {

using namespace std::chrono_literals;
using test::RawPeer;

namespace {

/// A client in memory, whose bytes go through a RawPeer.
class MemoryClient {
 public:
  MemoryClient(RawPeer& peer, int version) : peer_(peer) {
    SSL_CTX_set_max_proto_version(context_.get(), version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  /// Whether the handshake is finished; if it fails, failure() says why.
  bool shakesHands() {
    exchange();
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL) {
      failure_ = ERR_GET_REASON(ERR_peek_error());
    }
    exchange();
    return result == 1;
  }
  int failure() const noexcept { return failure_; }
  /// The next handshake is another one.
  /// KeyUpdates, none of which asks for one.
  void updateKeys(int count) {
    for (int i = 0; i < count; ++i) {
      CPPUNIT_ASSERT_EQUAL(1, SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED));
      CPPUNIT_ASSERT_EQUAL(1, SSL_do_handshake(ssl_.get()));
    }
    exchange();
  }
  void renegotiate() { CPPUNIT_ASSERT_EQUAL(1, SSL_renegotiate(ssl_.get())); }

 private:
  void exchange() {
    BIO_write(SSL_get_rbio(ssl_.get()), peer_.received().data(),
              static_cast<int>(peer_.received().size()));
    peer_.forget();
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &bytes);
    if (size > 0) peer_.send({bytes, static_cast<std::size_t>(size)});
    static_cast<void>(BIO_reset(SSL_get_wbio(ssl_.get())));
  }

  RawPeer& peer_;
  detail::CHandle<SSL_CTX, SSL_CTX_free> context_{SSL_CTX_new(TLS_client_method())};
  detail::CHandle<SSL, SSL_free> ssl_;
  int failure_ = 0;
};

}  // namespace

class TlsLimitsTest final : public test::TimedTransportFixture {
  CPPUNIT_TEST_SUITE(TlsLimitsTest);
  CPPUNIT_TEST(unfinishedHellosCountInTheBudget);
  CPPUNIT_TEST(aHelloCountsNoMoreOnceItIsRead);
  CPPUNIT_TEST(renegotiationIsRefused);
  CPPUNIT_TEST(keysAreNotChangedWithoutEnd);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    peers_.clear();
    TimedTransportFixture::tearDown();
  }

  void unfinishedHellosCountInTheBudget() {
    ListenOptions options = tlsOptions();
    options.memoryBytes = 30'000;
    listen(options);
    RawPeer& largest = helloOf(14'000);
    RawPeer& other = helloOf(13'000);
    awaitHeld(27'000);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().overMemory);
    helloOf(4'000);
    CPPUNIT_ASSERT(turnUntil([&] { return largest.ended(); }));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().overMemory);
    CPPUNIT_ASSERT(!other.ended());
    awaitHeld(17'000);
  }

  void aHelloCountsNoMoreOnceItIsRead() {
    listen(tlsOptions());
    RawPeer& peer = connectRaw();
    MemoryClient client(peer, TLS1_2_VERSION);
    CPPUNIT_ASSERT(turnUntil([&] { return client.shakesHands(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), listener_->stats().heldBytes);
  }

  // A client could have the server work for it without end, at no cost of its own.
  void renegotiationIsRefused() {
    prepare_ = echo;
    listen(tlsOptions());
    RawPeer& peer = connectRaw();
    MemoryClient client(peer, TLS1_2_VERSION);
    CPPUNIT_ASSERT(turnUntil([&] { return client.shakesHands(); }));
    client.renegotiate();
    CPPUNIT_ASSERT(turnUntil([&] { return client.shakesHands() || client.failure() != 0; }));
    CPPUNIT_ASSERT_EQUAL(SSL_R_NO_RENEGOTIATION, client.failure());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(1), listener_->stats().tlsHandshakes);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t(0), listener_->stats().tlsRefused);
  }

  void keysAreNotChangedWithoutEnd() {
    prepare_ = echo;
    listen(tlsOptions());
    RawPeer& peer = connectRaw();
    MemoryClient client(peer, TLS1_3_VERSION);
    CPPUNIT_ASSERT(turnUntil([&] { return client.shakesHands(); }));
    client.updateKeys(256);
    settle();
    CPPUNIT_ASSERT(!peer.ended());
    client.updateKeys(1);
    CPPUNIT_ASSERT(turnUntil([&] { return peer.ended(); }));
  }

 private:
  std::unique_ptr<Transport> makeTransport(EventLoop& loop) override {
    return makeHttpTransport(loop);
  }
  static ListenOptions tlsOptions() {
    static const test::CertificateFolder folder;
    static const test::Authority ca{folder, "ca"};
    static const test::Identity identity = ca.issue({});
    ListenOptions options;
    options.tls.certificate = identity.certificate;
    options.tls.key = identity.key;
    return options;
  }
  RawPeer& connectRaw() {
    peers_.push_back(std::make_unique<RawPeer>(*loop_, listener_->address()));
    return *peers_.back();
  }
  // The beginning of a record of 16 KiB, of which `size` bytes come.
  RawPeer& helloOf(std::size_t size) {
    std::string bytes("\x16\x03\x01\x40\x00", 5);
    bytes.resize(size, 'x');
    RawPeer& peer = connectRaw();
    peer.send(bytes);
    return peer;
  }
  void awaitHeld(std::size_t bytes) {
    CPPUNIT_ASSERT_MESSAGE(std::to_string(listener_->stats().heldBytes),
                           turnUntil([&] { return listener_->stats().heldBytes == bytes; }));
  }

  std::vector<std::unique_ptr<RawPeer>> peers_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsLimitsTest);

}  // namespace evmicro
