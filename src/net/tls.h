#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/event_loop.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>
#include <evmicro/transport.h>

#include "net/byte_stream.h"

struct bufferevent;
struct event_base;

namespace evmicro::detail {

/// TLS of a listener: its certificate, and the handshakes that are under way. What it has wrapped
/// shares its ownership.
class TlsServer {
 public:
  struct Stats {
    std::uint64_t handshakes = 0;  ///< finished
    std::uint64_t refused = 0;     ///< failed, or the peer does not speak TLS
    std::size_t unfinished = 0;    ///< under way
    std::chrono::system_clock::time_point expires{};
  };

  /// Handshakes that begin in one turn of the loop, and the time after which no more do; they wait
  /// for the next turns.
  static constexpr int kPerTurn = 16;
  static constexpr std::chrono::microseconds kTimePerTurn{200};

  virtual ~TlsServer() = default;

  /// TLS on an accepted connection. The handshake begins with its first bytes.
  virtual std::unique_ptr<ByteStream> wrap(std::unique_ptr<ByteStream> carrier) = 0;
  /// The same as a bufferevent, whose descriptor is set later, for evhttp. Null: out of memory.
  virtual bufferevent* newBufferevent(event_base* base) = 0;
  /// Sends `bytes` on such a bufferevent now, past its output, while nothing else is being sent.
  virtual void sendNow(bufferevent* stream, std::string_view bytes) = 0;
  /// Reads the files anew. After an error the old certificate stays in use.
  virtual Status reload() = 0;
  virtual Stats stats() const = 0;
};

/// Whom a dialled connection must reach.
struct TlsPeerName {
  std::string address;  ///< `host:port`: sessions are resumed with it alone
  std::string host;     ///< a name or an address in digits
  std::string node;     ///< a name that is good, too; may be empty
};

/// TLS towards servers: trust, the own certificate, and sessions that can be resumed. What it has
/// wrapped shares its ownership.
class TlsClient {
 public:
  virtual ~TlsClient() = default;

  /// TLS on a connection that is being dialled. It is connected once the handshake is finished and
  /// the peer verified; else it fails with kUnavailable.
  virtual std::unique_ptr<ByteStream> wrap(std::unique_ptr<ByteStream> carrier,
                                           TlsPeerName peer) = 0;
  /// As TlsServer::reload(); sessions are forgotten.
  virtual Status reload() = 0;
};

/// What a TLS handshake settles on by ALPN. The first bytes of an accepted connection decide all
/// the same.
enum class TlsAlpn {
  kHttp1,         ///< http/1.1 alone
  kHttp2OrHttp1,  ///< h2, or else http/1.1
  kHttp2,         ///< h2 alone; good enough, too: a peer without ALPN
};

/// kInvalid: the files are of no use, or evmicro was built without TLS. `loop` must outlive them.
/// `maxHandshakes`: see ListenOptions; 0: no limit.
Result<std::shared_ptr<TlsServer>> makeTlsServer(EventLoop& loop, const TlsOptions& options,
                                                 TlsAlpn alpn = TlsAlpn::kHttp1,
                                                 std::size_t maxHandshakes = 0);
Result<std::shared_ptr<TlsClient>> makeTlsClient(const TlsOptions& options,
                                                 TlsAlpn alpn = TlsAlpn::kHttp1);

/// The TLS of a listener with `options`: null without certificate and key.
inline Result<std::shared_ptr<TlsServer>> makeListenerTls(EventLoop& loop,
                                                          const ListenOptions& options,
                                                          TlsAlpn alpn = TlsAlpn::kHttp1) {
  const TlsOptions& tls = options.tls;
  if (tls.certificate.empty() && tls.key.empty()) return std::shared_ptr<TlsServer>();
  return makeTlsServer(loop, tls, alpn, options.maxHandshakes);
}

/// Whether TLS was built in.
bool haveTls() noexcept;

}  // namespace evmicro::detail
