#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <evmicro/export.h>
#include <evmicro/message.h>
#include <evmicro/status.h>
#include <evmicro/tls.h>

namespace evmicro {

/// The answer to a plain HTTP request that carries no message, see Listener::Observer::onPage. The
/// default says that there is no such page.
struct Page {
  int status = 404;                                       ///< of the reply
  std::string contentType = "text/plain; charset=utf-8";  ///< of the body
  std::string body = "404 page not found\n";              ///< the whole of it
  bool close = false;                                     ///< close the connection after it
};

/// A connection that carries messages in both directions, in any number and order.
///
/// Destroying it closes the connection immediately: queued messages are dropped and no callback
/// runs afterwards. It may be destroyed from one of its own callbacks.
class EVMICRO_EXPORT Socket {
 public:
  /// Receives the events of a socket. Called from the loop only, never from within a function of
  /// Socket.
  class Observer {
   public:
    /// A complete message has arrived. Its content may be moved out; it is valid until this
    /// returns.
    virtual void onMessage(Message& message) = 0;
    /// The peer requests a page, between messages: see Listener::Observer::onPage.
    virtual Page onPage(std::string_view /*path*/) { return {}; }
    /// A message is refused before it is complete: see Listener::Observer::onRefused.
    virtual void onRefused(const Metadata& /*headers*/, Page& /*answer*/) {}
    /// The peer sends no more, and everything it sent has been delivered. It may still read.
    virtual void onPeerFinished() {}
    /// The queue was above the high-water mark and has fallen below half of it.
    virtual void onWritable() {}
    /// The connection is closed; no callback follows. ok(): an orderly close between messages.
    /// kUnavailable: it was never established, the peer has received nothing. Other kinds: it
    /// broke.
    virtual void onClosed(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  virtual ~Socket() = default;

  /// Sets the observer, which must outlive the socket or be replaced. Null: messages are held until
  /// there is an observer.
  virtual void observe(Observer* observer) = 0;

  /// Sends or queues a message and takes its body. May be called before the connection is
  /// established. Never blocks. No effect once the connection is closed.
  virtual void send(const Metadata& headers, Buffer&& body) = 0;
  /// As send(), for a reply that refuses a request: with the HTTP status `status`, on transports
  /// whose replies have one. The connection stays open.
  virtual void sendRefusal(int /*status*/, const Metadata& headers, Buffer&& body) {
    send(headers, std::move(body));
  }
  /// Bytes that are queued for the peer.
  virtual std::size_t queued() const noexcept = 0;

  /// Stops delivering messages, and soon reading, so that the peer is slowed down, until resume().
  virtual void pause() = 0;
  virtual void resume() = 0;

  /// Half-close: nothing is sent after what is queued. Messages of the peer still arrive.
  virtual void finishSending() = 0;
  /// Lingering close: sends what is queued, shuts down the sending side, discards input until the
  /// peer closes or a second has passed, then calls onClosed.
  virtual void close() = 0;
  /// Closes immediately, in a way that the peer can tell from an orderly close (TCP: a reset), so
  /// that it stops working on the request. onClosed is not called.
  virtual void abort() = 0;

  /// Closes the connection when nothing has arrived for this long while it is not paused; 0: never.
  /// Accepted sockets start with the listener's option.
  virtual void setIdleTimeout(std::chrono::milliseconds timeout) = 0;

  /// Whether another request may follow on this connection once the last one is answered. Dialled:
  /// the peer has announced that it keeps the connection, and nothing is queued or unread.
  /// Accepted: the peer has not asked for it to be closed.
  virtual bool reusable() const noexcept = 0;
  /// Whether any number of messages may be sent in either direction. If not, each request has
  /// exactly one reply, and streams must be refused.
  virtual bool carriesStreams() const noexcept { return true; }
  /// `host:port`, IPv6 in brackets; `unix:///path`, or `unix:` for a client on a Unix socket.
  virtual std::string peerAddress() const = 0;
  virtual std::string localAddress() const = 0;
  /// Whether it is encrypted.
  virtual bool secure() const noexcept { return false; }
  /// The verified certificate of the peer; null if there is none.
  virtual std::shared_ptr<const PeerCertificate> peerCertificate() const { return nullptr; }
};

/// Limits of a listener and its connections. Zero: no limit.
struct ListenOptions {
  /// Of one request. Above them it is refused with 413 or 431.
  std::size_t maxBodyBytes = 16U << 20;
  std::size_t maxHeaderBytes = 64U << 10;
  std::size_t maxHeaderLines = 128;
  /// When there are as many, the connection that has been idle longest, for a second at least,
  /// gives way to a new one, which is refused if there is none.
  std::size_t maxConnections = 0;
  /// From one IPv4 address, or one IPv6 network of 64 bits; more are refused.
  std::size_t maxConnectionsPerPeer = 0;
  /// Memory for unfinished requests and unread replies of all connections together. Above it the
  /// connections that hold most are broken.
  std::size_t memoryBytes = 256U << 20;
  /// Bytes per second that a peer must read of its reply, on average over 30 seconds. Streams are
  /// exempt.
  std::size_t minReadRate = 1U << 10;
  /// A connection without any activity is closed after this time.
  std::chrono::milliseconds idleTimeout{120'000};
  /// Time from the first byte of a message to its last.
  std::chrono::milliseconds messageTimeout{30'000};
  /// TLS handshakes that have begun and wait for their peers. One more, and the oldest is ended.
  std::size_t maxHandshakes = 1'024;
  /// HTTP/2: open streams of one connection. Its peer is told, and more are refused.
  std::size_t maxStreams = 1'000;
  /// A peer counts as slow when more bytes than this are queued for it, see
  /// Socket::Observer::onWritable.
  std::size_t highWaterBytes = 1U << 20;
  /// HTTP/2 connections that are older take no more calls and are closed when the last one has
  /// ended, so that callers spread over new nodes; a tenth is added at random. 0: never.
  std::chrono::milliseconds maxConnectionAge{0};
  /// With a certificate the listener speaks TLS, and only that.
  TlsOptions tls;
};

/// Of one connection.
struct DialOptions {
  /// Look-up, connecting and TLS handshake together.
  std::chrono::milliseconds connectTimeout{5'000};
  /// Of one reply.
  std::size_t maxBodyBytes = 64U << 20;
  std::size_t maxHeaderBytes = 64U << 10;
  /// Queued bytes above which the peer counts as slow.
  std::size_t highWaterBytes = 1U << 20;
  /// gRPC: a connection on which nothing has arrived for this long is closed if it has no calls,
  /// and is otherwise probed with a PING, which must be answered within `keepAliveTimeout`.
  std::chrono::milliseconds keepAlive{60'000};
  std::chrono::milliseconds keepAliveTimeout{20'000};  ///< see keepAlive
  /// Null: no TLS. Connections dialled with the same object share certificates and sessions.
  std::shared_ptr<const TlsOptions> tls;
  /// Id of the node: accepted in the peer's certificate as well as the host of the address.
  std::string tlsNode;
};

/// Statistics of a listener since it was made.
struct ListenerStats {
  std::size_t connections = 0;           ///< open at present, including those handed out
  std::uint64_t accepted = 0;            ///< connections
  std::uint64_t acceptDeferrals = 0;     ///< pauses after a temporary failure to accept
  std::uint64_t malformed = 0;           ///< requests refused: not valid HTTP
  std::uint64_t tooLarge = 0;            ///< requests refused: body or headers over the limit
  std::uint64_t tooSlow = 0;             ///< requests refused: not complete in time
  std::uint64_t tooManyConnections = 0;  ///< connections refused
  std::size_t heldBytes = 0;             ///< see ListenOptions::memoryBytes
  std::uint64_t overMemory = 0;          ///< connections broken for that limit
  std::uint64_t slowReaders = 0;         ///< connections broken: the peer read too slowly
  std::uint64_t gaveWay = 0;             ///< idle connections closed in favour of new ones
  std::uint64_t tlsHandshakes = 0;       ///< TLS handshakes that succeeded
  std::uint64_t tlsRefused = 0;          ///< connections without TLS, or whose handshake failed
  /// When the first certificate of the listener's chain expires; the epoch if there is none.
  std::chrono::system_clock::time_point certificateExpires{};
};

/// Accepts connections. Destroying it stops accepting; the sockets that it has handed out belong to
/// their new owner and live on.
class EVMICRO_EXPORT Listener {
 public:
  /// Who a listener gives its sockets to.
  class Observer {
   public:
    /// A peer has connected and sent its first message, which is delivered next. Set the socket's
    /// observer in here, or drop the socket to refuse the peer.
    virtual void onAccept(std::unique_ptr<Socket> socket) = 0;
    /// A browser, health check or scraper requests a page: GET or HEAD of `path`, as sent (not
    /// decoded) and without the query. Called only by transports that speak HTTP, before or between
    /// messages; such a request never becomes a message. May destroy the listener.
    virtual Page onPage(std::string_view /*path*/) { return {}; }
    /// A message whose `headers` have arrived is refused (its body is over the limit, malformed, or
    /// not complete in time), and the connection closes with `answer`: a status, and the reason as
    /// text. May change the answer to a form that the peer can read. Must not destroy anything.
    virtual void onRefused(const Metadata& /*headers*/, Page& /*answer*/) {}
    /// The listener has failed permanently and accepts no more connections. Temporary failures (out
    /// of descriptors or memory) are waited out and never reported here.
    virtual void onListenerFailure(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  /// Stops accepting. Peers that have connected but not yet sent their first message are still
  /// handed out as long as this object exists.
  virtual void stopAccepting() = 0;
  /// How many connected peers may be about to send their first message: a server that stops waits
  /// for it, up to its drain time. Peers that have been silent for a second are not counted.
  virtual std::size_t awaited() const { return 0; }
  /// The address as bound, `host:port`, IPv6 in brackets, or `unix:///path`.
  virtual std::string address() const = 0;
  virtual ListenerStats stats() const = 0;
  /// Reads the TLS certificates again, for new connections. If there is an error the old ones stay
  /// in use.
  virtual Status reloadTls() { return {}; }
};

/// Listens and dials. See http_transport.h, evhttp_transport.h and memory_transport.h.
class EVMICRO_EXPORT Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// The name in flags: "http".
  virtual std::string_view name() const = 0;
  /// The protocol that peers must speak, as announced in node metadata. Differs from name() if the
  /// transport speaks another transport's protocol.
  virtual std::string_view protocol() const { return name(); }

  /// Whether its listeners answer gRPC, too. Nodes announce it.
  virtual bool servesGrpc() const noexcept { return false; }

  /// Listens on `address`: `host:port`, `:port` (all addresses), port 0 (the system chooses),
  /// `host:min-max` (the first free port of the range), or the Unix socket `unix:///path`. Its file
  /// has the permissions that the umask leaves, or those of `unix:///path?mode=660`; a socket file
  /// on which nobody listens is replaced, and the file goes with the listener. `fd:3`: the
  /// listening socket that is descriptor 3, as systemd's socket activation passes it; it is
  /// duplicated and stays open. `observer` must outlive the listener.
  /// Errors: kInvalid for a malformed address, kUnavailable if it cannot be bound.
  virtual Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                                   Listener::Observer& observer) = 0;

  /// Starts connecting to `address`, `host:port` or `unix:///path`. The socket can be used
  /// immediately; if the connection cannot be established, onClosed runs with kUnavailable. A
  /// malformed address is an error here.
  virtual Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) = 0;

  /// The same for the certificates of dialled connections.
  virtual Status reloadTls() { return {}; }
};

}  // namespace evmicro
