// Replies by TLS that a third party cuts off: the end of the TCP connection can be forged, that of
// TLS cannot.
#include <evmicro/http_transport.h>

#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>

#include <evmicro/conformance/transport_fixture.h>
#include <evmicro/event_loop.h>

#include "net/acceptor.h"
#include "net/tcp_stream.h"
#include "net/tls.h"
#include "support/certificates.h"
#include "support/turn_until.h"

namespace evmicro {

using test::End;

namespace {

// Answers the first request of one connection with given bytes, and ends it.
class CuttingServer final : private detail::Acceptor::Observer,
                            private detail::ByteStream::Observer {
 public:
  /// How the connection ends behind the reply.
  enum class Ending { kCloseNotify, kTcpOnly };

  CuttingServer(EventLoop& loop, const TlsOptions& tls, std::string reply, Ending ending)
      : loop_(loop),
        tls_(*detail::makeTlsServer(loop, tls)),
        reply_(std::move(reply)),
        ending_(ending) {
    acceptor_ = std::move(*detail::Acceptor::open(loop, "127.0.0.1:0", *this));
  }

  std::string address() const { return acceptor_->address(); }

 private:
  void onAccepted(int fd) override {
    fd_ = fd;
    stream_ = tls_->wrap(std::make_unique<detail::TcpStream>(loop_, fd));
    stream_->observe(*this);
  }
  void onAcceptFailure(Status) override {}
  void onBytes(std::string_view) override {
    Buffer none;
    stream_->write(reply_, none);
    written_ = true;
    onDrained();
  }
  void onWoken() override {}
  void onDrained() override {
    if (!written_ || stream_->queued() > 0) return;
    if (ending_ == Ending::kCloseNotify) return stream_->shutdownWrite();
    ::shutdown(fd_, SHUT_WR);
  }
  void onEof() override {}
  void onError(Status) override {}

  EventLoop& loop_;
  const std::shared_ptr<detail::TlsServer> tls_;  // shared with its stream
  const std::string reply_;
  const Ending ending_;
  int fd_ = -1;  // the stream's
  bool written_ = false;
  std::unique_ptr<detail::Acceptor> acceptor_;
  std::unique_ptr<detail::ByteStream> stream_;
};

}  // namespace

class TlsTruncationTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsTruncationTest);
  CPPUNIT_TEST(aReplyUpToTheCloseNeedsCloseNotify);
  CPPUNIT_TEST(aReplyOfKnownLengthDoesNot);
  CPPUNIT_TEST(aReplyThatIsTooShortIsBroken);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_.emplace();
    folder_.emplace();
    const test::Authority ca(*folder_, "ca");
    const test::Identity own = ca.issue({});
    server_.certificate = own.certificate;
    server_.key = own.key;
    client_.caFile = ca.file();
  }
  void tearDown() override {
    folder_.reset();
    loop_.reset();
  }

  void aReplyUpToTheCloseNeedsCloseNotify() {
    const std::string reply = std::string(kHead) + "\r\nall of it";
    const auto whole = call(reply, CuttingServer::Ending::kCloseNotify);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), whole->bodies.size());
    CPPUNIT_ASSERT_EQUAL(std::string("all of it"), whole->bodies[0]);
    const auto cut = call(reply, CuttingServer::Ending::kTcpOnly);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), cut->bodies.size());
    broken(*cut, "ended without TLS close_notify: the message may be cut off");
  }

  void aReplyOfKnownLengthDoesNot() {
    const auto end = call(std::string(kHead) + "Content-Length: 9\r\n\r\nall of it",
                          CuttingServer::Ending::kTcpOnly);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), end->bodies.size());
  }

  void aReplyThatIsTooShortIsBroken() {
    for (const auto ending :
         {CuttingServer::Ending::kCloseNotify, CuttingServer::Ending::kTcpOnly}) {
      const auto end = call(std::string(kHead) + "Content-Length: 10\r\n\r\nall of it", ending);
      CPPUNIT_ASSERT_EQUAL(std::size_t(0), end->bodies.size());
      broken(*end, "closed in the middle of a message");
    }
  }

 private:
  static constexpr char kHead[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

  static void broken(const End& end, const std::string& why) {
    CPPUNIT_ASSERT(ErrorKind::kInternal == end.closed->kind());
    CPPUNIT_ASSERT_MESSAGE(end.closed->detail(),
                           end.closed->detail().find(why) != std::string::npos);
  }

  /// What the client gets, up to its end or its first message.
  std::unique_ptr<End> call(const std::string& reply, CuttingServer::Ending ending) {
    CuttingServer server(*loop_, server_, reply, ending);
    const auto transport = makeHttpTransport(*loop_);
    DialOptions options;
    options.tls = std::make_shared<const TlsOptions>(client_);
    auto socket = transport->dial(server.address(), options);
    CPPUNIT_ASSERT(socket.ok());
    auto end = std::make_unique<End>(std::move(*socket));
    end->send("request");
    CPPUNIT_ASSERT(test::turnUntil(*loop_, [&] { return end->over() || !end->bodies.empty(); }));
    end->socket.reset();
    return end;
  }

  std::optional<EventLoop> loop_;
  std::optional<test::CertificateFolder> folder_;
  TlsOptions server_;
  TlsOptions client_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsTruncationTest);

}  // namespace evmicro
