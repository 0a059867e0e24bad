#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <evmicro/export.h>
#include <evmicro/message.h>
#include <evmicro/status.h>

namespace evmicro {

/// What a plain HTTP request that carries no message is answered with: see Listener::Observer. The
/// default: there is no such page.
struct Page {
  int status = 404;
  std::string contentType = "text/plain; charset=utf-8";
  std::string body = "404 page not found\n";
  bool close = false;  ///< the connection ends after it
};

/// A connection that carries messages both ways, in any number and order.
///
/// Destroying it closes at once: what is queued is dropped and nothing is called any more.
/// Destroying it from one of its own callbacks is fine.
class EVMICRO_EXPORT Socket {
 public:
  /// Who is told what happens. Called from the loop only, never from within a method of Socket.
  class Observer {
   public:
    /// A whole message came. Its content may be moved out; it is gone when this returns.
    virtual void onMessage(Message& message) = 0;
    /// The peer asks for a page, between messages: see Listener::Observer::onPage.
    virtual Page onPage(std::string_view /*path*/) { return {}; }
    /// A message is refused before it is whole: see Listener::Observer::onRefused.
    virtual void onRefused(const Metadata& /*headers*/, Page& /*answer*/) {}
    /// The peer sends no more, and all it sent has been delivered. It may still read.
    virtual void onPeerFinished() {}
    /// What was queued has fallen below half the high-water mark, after it had been above.
    virtual void onWritable() {}
    /// The connection is gone, the last call. ok(): closed in order, between messages.
    /// kUnavailable: it was never made, the peer has seen nothing. Other kinds: it broke.
    virtual void onClosed(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  virtual ~Socket() = default;

  /// Sets who is told; `observer` must outlive the socket or be replaced. Null: messages wait.
  virtual void observe(Observer* observer) = 0;

  /// Sends or queues a message; may be called before the connection is made. Never blocks.
  /// Takes the body. After the connection is gone: no effect.
  virtual void send(const Metadata& headers, Buffer&& body) = 0;
  /// Bytes that wait for the peer.
  virtual std::size_t queued() const noexcept = 0;

  /// Stops delivering messages (and soon reading, so that the peer is slowed down).
  virtual void pause() = 0;
  virtual void resume() = 0;

  /// Half-close: after what is queued nothing more is sent. Messages of the peer still come.
  virtual void finishSending() = 0;
  /// Orderly end: sends what is queued, ends the sending side, discards what still comes until the
  /// peer closes or a second has passed; then onClosed.
  virtual void close() = 0;
  /// Ends at once in a way that the peer can tell from a normal end (TCP: a reset), so that it
  /// stops working on what was asked. onClosed is not called.
  virtual void abort() = 0;

  /// Closes the connection when nothing came for so long while not paused; 0: never. The
  /// listener's option sets the start value.
  virtual void setIdleTimeout(std::chrono::milliseconds timeout) = 0;

  /// Whether another request may follow on this connection once the last is answered. Dialled: the
  /// peer has said so and nothing is in the way. Accepted: the peer has not asked for the end.
  virtual bool reusable() const noexcept = 0;
  /// Whether messages may go both ways in any number; if not, each request has one reply, and
  /// streams must be refused.
  virtual bool carriesStreams() const noexcept { return true; }
  virtual std::string peerAddress() const = 0;
  virtual std::string localAddress() const = 0;
};

/// Limits of a listener and its connections. Zero: no limit.
struct ListenOptions {
  std::size_t maxBodyBytes = 64U << 20;
  std::size_t maxHeaderBytes = 64U << 10;
  std::size_t maxHeaderLines = 128;
  std::size_t maxConnections = 0;
  /// A connection on which nothing happens.
  std::chrono::milliseconds idleTimeout{120'000};
  /// From the first byte of a message to its last.
  std::chrono::milliseconds messageTimeout{30'000};
  /// Bytes queued to a peer above which it counts as slow, see Socket::Observer::onWritable.
  std::size_t highWaterBytes = 1U << 20;
};

struct DialOptions {
  std::chrono::milliseconds connectTimeout{5'000};
  std::size_t maxBodyBytes = 64U << 20;
  std::size_t maxHeaderBytes = 64U << 10;
  std::size_t highWaterBytes = 1U << 20;
};

/// Numbers of a listener since it was made.
struct ListenerStats {
  std::size_t connections = 0;           ///< open now, whoever has them
  std::uint64_t accepted = 0;            ///< connections
  std::uint64_t acceptDeferrals = 0;     ///< pauses after a temporary failure of accepting
  std::uint64_t malformed = 0;           ///< requests refused: no HTTP that is understood
  std::uint64_t tooLarge = 0;            ///< requests refused: body or headers over the limit
  std::uint64_t tooSlow = 0;             ///< requests refused: not complete in time
  std::uint64_t tooManyConnections = 0;  ///< connections refused
};

/// A place where connections come in. Destroying it stops accepting; the sockets it has handed out
/// live on and belong to whoever took them.
class EVMICRO_EXPORT Listener {
 public:
  class Observer {
   public:
    /// A peer has connected and its first message follows at once. Set its observer in here, or
    /// drop it to refuse the peer.
    virtual void onAccept(std::unique_ptr<Socket> socket) = 0;
    /// A browser, a probe or a scraper asks for a page: a GET or HEAD of `path`, as sent (not
    /// decoded) and without query. Asked only where messages travel by HTTP, before or between
    /// them; such a request never becomes a message. May destroy the listener.
    virtual Page onPage(std::string_view /*path*/) { return {}; }
    /// A message whose `headers` have come is refused (its body is over the limit, malformed, or
    /// not complete in time) and the connection closes with `answer`: a status, and the reason as
    /// text. May put the answer in another form, which the peer can read. Must destroy nothing.
    virtual void onRefused(const Metadata& /*headers*/, Page& /*answer*/) {}
    /// The listener has failed for good and accepts no more. Temporary failures (no descriptor
    /// left, no memory) are waited out and never reported here.
    virtual void onListenerFailure(Status why) = 0;

   protected:
    ~Observer() = default;
  };

  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  /// Accepts no more. Peers that have connected and whose first message is still to come are handed
  /// out as before, as long as this object lives.
  virtual void stopAccepting() = 0;
  /// How many peers have connected whose first message is still to come.
  virtual std::size_t awaited() const { return 0; }
  /// Where it listens, `host:port` with the port that was bound; IPv6 in brackets.
  virtual std::string address() const = 0;
  virtual ListenerStats stats() const = 0;
};

/// Makes connections. See http_transport.h and memory_transport.h.
class EVMICRO_EXPORT Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// The name in flags: "http".
  virtual std::string_view name() const = 0;
  /// What peers must speak, in node metadata: the name, unless it is another's protocol.
  virtual std::string_view protocol() const { return name(); }

  /// Listens on `address`: `host:port`, `:port` (every address), port 0 (the system chooses) or
  /// `host:min-max` (the first free port of the range). `observer` must outlive the listener.
  virtual Result<std::unique_ptr<Listener>> listen(std::string_view address, ListenOptions options,
                                                   Listener::Observer& observer) = 0;

  /// Starts connecting to `address`, `host:port`. The socket can be used at once; a connection that
  /// cannot be made ends in onClosed(kUnavailable). An address that makes no sense is an error.
  virtual Result<std::unique_ptr<Socket>> dial(std::string_view address, DialOptions options) = 0;
};

}  // namespace evmicro
