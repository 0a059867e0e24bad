// TlsServer by OpenSSL.
#include <list>
#include <new>
#include <utility>

#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>

#include <evmicro/call.h>
#include <evmicro/timer.h>

#include "base/counted.h"
#include "base/log.h"
#include "base/rate_limiter.h"
#include "net/tls.h"
#include "net/tls_context.h"
#include "net/tls_stream.h"

namespace evmicro::detail {

namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::system_clock;

constexpr hours kWarnBefore{14 * 24};
constexpr hours kLookEvery{12};

class OpenSslServer final : public TlsServer,
                            public TlsAcceptingSide,
                            public std::enable_shared_from_this<OpenSslServer> {
 public:
  OpenSslServer(EventLoop& loop, TlsOptions options, TlsAlpn alpn, std::size_t maxHandshakes)
      : loop_(loop),
        options_(std::move(options)),
        alpn_(alpn),
        maxHandshakes_(maxHandshakes),
        look_(loop, [this] { lookAtExpiry(); }) {}

  Status load() {
    auto context = makeServerContext(options_, context_.get(), alpn_);
    if (!context.ok()) return std::move(context).status();
    context_ = std::move(*context);
    expires_ = expiryOf(context_.get());
    lookAtExpiry();
    return {};
  }

  Status reload() override {
    auto context = makeServerContext(options_, context_.get(), alpn_);
    if (!context.ok()) return std::move(context).status();
    if (expiryOf(context->get()) < system_clock::now()) {
      return Status::invalid("TLS: certificate \"" + options_.certificate + "\": it has expired");
    }
    return load();
  }

  std::unique_ptr<ByteStream> wrap(std::unique_ptr<ByteStream> carrier) override {
    return std::make_unique<TlsStream>(shared_from_this(), std::move(carrier));
  }

  bufferevent* newBufferevent(event_base* base) override {
    SslHandle ssl(SSL_new(context_.get()));
    if (!ssl) return nullptr;
    bufferevent* const stream = bufferevent_openssl_socket_new(
        base, -1, ssl.get(), BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (!stream) return nullptr;
    static_cast<void>(ssl.release());  // the bufferevent's
    // Messages have a length: one that is cut off is found out there.
    bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    return stream;
  }

  void sendNow(bufferevent* stream, std::string_view bytes) override {
    ERR_clear_error();
    SSL* const ssl = bufferevent_openssl_get_ssl(stream);
    std::size_t size = 0;
    // A record at a time.
    while (!bytes.empty() && SSL_write_ex(ssl, bytes.data(), bytes.size(), &size) == 1) {
      bytes.remove_prefix(size);
    }
    ERR_clear_error();
  }

  Stats stats() const override {
    Stats stats = stats_;
    stats.unfinished = unfinished_.size();
    stats.expires = expires_;
    return stats;
  }

  SslHandle newSsl(TlsStream& /*stream*/) override {
    SslHandle ssl(SSL_new(context_.get()));
    if (!ssl) throw std::bad_alloc();
    return ssl;
  }

  void onHello(TlsStream& stream) override {
    if (mayBegin()) return begin(stream);
    put(stream, ready_);
  }

  void onHandshakeEnd(TlsStream& stream, const Status& outcome) override {
    forget(stream);
    if (outcome.ok()) {
      ++stats_.handshakes;
      return;
    }
    ++stats_.refused;
    if (warnings_.allow(RateLimiter::Clock::now())) {
      EVMICRO_LOG_WARN("net",
                       "TLS: " << stream.peerAddress() << " was refused: " << outcome.detail());
    } else {
      EVMICRO_LOG_DEBUG("net",
                        "TLS: " << stream.peerAddress() << " was refused: " << outcome.detail());
    }
  }

  void forget(TlsStream& stream) noexcept override {
    if (!stream.place) return;
    stream.place->list->erase(stream.place->entry);
    stream.place.reset();
  }

 private:
  void put(TlsStream& stream, TlsStream::Place::List& list) {
    forget(stream);
    stream.place = {&list, list.insert(list.end(), &stream)};
  }

  // What else is ready in a turn waits for the handshakes in it.
  bool mayBegin() const noexcept {
    return begunInTurn_ == 0 || (begunInTurn_ < kPerTurn && spentInTurn_ < kTimePerTurn);
  }

  // May destroy the stream.
  void begin(TlsStream& stream) {
    if (begunInTurn_++ == 0) nextTurn_ = loop_.defer([this] { onNextTurn(); });
    put(stream, unfinished_);
    if (maxHandshakes_ > 0 && unfinished_.size() > maxHandshakes_) unfinished_.front()->giveWay();
    const auto self = shared_from_this();  // the last stream may go in here
    const auto began = EventLoop::now();
    stream.beginHandshake();
    spentInTurn_ += EventLoop::now() - began;
  }

  void onNextTurn() {
    const auto self = shared_from_this();
    begunInTurn_ = 0;
    spentInTurn_ = {};
    while (!ready_.empty() && mayBegin()) begin(*ready_.front());
  }

  void lookAtExpiry() {
    const auto left = expires_ - system_clock::now();
    if (left < system_clock::duration(0)) {
      EVMICRO_LOG_WARN("net", "TLS: the certificate " << options_.certificate << " has expired");
    } else if (left < kWarnBefore) {
      const auto days = static_cast<std::uint64_t>(duration_cast<hours>(left).count() / 24);
      EVMICRO_LOG_WARN("net", "TLS: the certificate " << options_.certificate << " expires in "
                                                      << counted(days, "day"));
    }
    look_.start(kLookEvery);
  }

  EventLoop& loop_;
  const TlsOptions options_;
  const TlsAlpn alpn_;
  const std::size_t maxHandshakes_;  // 0: any number
  SslContext context_;
  system_clock::time_point expires_{};
  Stats stats_;
  // Each has its own reason, but peers cause them at will: ten at once, then one a minute.
  RateLimiter warnings_{10, std::chrono::minutes(1)};
  TlsStream::Place::List ready_;       // with a whole ClientHello, not begun
  TlsStream::Place::List unfinished_;  // begun, oldest first
  int begunInTurn_ = 0;
  EventLoop::Clock::duration spentInTurn_{};
  Timer look_;
  Call nextTurn_;
};

}  // namespace

Result<std::shared_ptr<TlsServer>> makeTlsServer(EventLoop& loop, const TlsOptions& options,
                                                 TlsAlpn alpn, std::size_t maxHandshakes) {
  auto server = std::make_shared<OpenSslServer>(loop, options, alpn, maxHandshakes);
  if (Status status = server->load(); !status.ok()) return status;
  return std::shared_ptr<TlsServer>(std::move(server));
}

}  // namespace evmicro::detail
