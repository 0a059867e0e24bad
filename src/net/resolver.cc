#include "net/resolver.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <ares.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <evmicro/timer.h>

#include "event/handles.h"
#include "event/watch.h"
#include "net/descriptor.h"
#include "net/dialler.h"

namespace evmicro::detail {

namespace {

using Channel = CHandle<ares_channeldata, ares_destroy>;
using AddrInfo = CHandle<ares_addrinfo, ares_freeaddrinfo>;

// c-ares reads no file and asks no server without a descriptor, and does not say why.
bool descriptorsRanOut() noexcept {
  const Descriptor another(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return another.get() < 0 && (errno == EMFILE || errno == ENFILE);
}

Status failed(int code) {
  if (descriptorsRanOut()) return Status::unavailable(reasonOf(errno));
  const bool unknown = code == ARES_ENOTFOUND || code == ARES_ENODATA;
  const bool silent = code == ARES_ETIMEOUT || code == ARES_ECONNREFUSED;
  const char* const why = unknown                 ? "no such host"
                          : silent                ? "no name server answers"
                          : code == ARES_EBADNAME ? "not a host name"
                                                  : ares_strerror(code);
  return Status::unavailable(why);
}

Result<Channel> openChannel(const ResolverOptions& options, ares_sock_state_cb onSocket,
                            void* context) {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  ares_options wanted{};
  int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
  wanted.timeout = static_cast<int>(options.serverTimeout.count());
  wanted.tries = options.tries;
  if (onSocket) {
    mask |= ARES_OPT_SOCK_STATE_CB;
    wanted.sock_state_cb = onSocket;
    wanted.sock_state_cb_data = context;
  }
  std::string resolvConf = options.resolvConf;
  if (!resolvConf.empty()) {
    mask |= ARES_OPT_RESOLVCONF;
    wanted.resolvconf_path = resolvConf.data();
  }
  ares_channel raw = nullptr;
  if (const int code = ares_init_options(&raw, &wanted, mask); code != ARES_SUCCESS) {
    return Status::unavailable(std::string("resolver: ") + ares_strerror(code));
  }
  Channel channel(raw);
  if (!options.servers.empty() &&
      ares_set_servers_ports_csv(raw, options.servers.c_str()) != ARES_SUCCESS) {
    return Status::invalid("resolver: invalid name servers \"" + options.servers + "\"");
  }
  return channel;
}

void ask(ares_channel channel, const std::string& host, ares_addrinfo_callback onFound,
         void* context) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_ENVHOSTS;
  ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, onFound, context);
}

// The hosts file may contain an address twice.
Result<ResolvedAddresses> readFound(std::uint16_t port, int code, const ares_addrinfo* found) {
  if (code != ARES_SUCCESS) return failed(code);
  ResolvedAddresses addresses;
  for (const ares_addrinfo_node* node = found->nodes; node; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    SocketAddress address(node->ai_addr, node->ai_addrlen);
    address.setPort(port);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.push_back(address);
    }
  }
  if (addresses.empty()) return failed(ARES_ENODATA);
  return addresses;
}

}  // namespace

/// The callbacks of c-ares only record results: everything else happens when it is not on the
/// stack, and callers are notified in turns of their own. So nothing is destroyed while c-ares is
/// running.
class Resolver::Impl {
 public:
  Impl(EventLoop& loop, ResolverOptions options);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Call resolve(const std::shared_ptr<Impl>& self, const std::string& host, std::uint16_t port,
               Done done);

 private:
  struct Lookup;

  void settle();
  void act(ares_socket_t readable, ares_socket_t writable);
  void watch(ares_socket_t fd, bool readable, bool writable);
  static void onFound(void* lookup, int code, int timeouts, ares_addrinfo* found) noexcept;
  static void onSocket(void* self, ares_socket_t fd, int readable, int writable) noexcept;
  static void onReady(evutil_socket_t fd, short what, void* self) noexcept;

  EventLoop& loop_;
  const ResolverOptions options_;
  std::unordered_set<Lookup*> waiting_;
  std::unordered_map<ares_socket_t, EventHandle> sockets_;
  Timer timer_;
  Channel channel_;  // exists during lookups; last: its destructor closes the sockets
};

/// Owned by the caller's token; c-ares has a weak reference.
struct Resolver::Impl::Lookup {
  Lookup(std::weak_ptr<Impl> resolver, std::uint16_t number, Done callback)
      : impl(std::move(resolver)), port(number), done(std::move(callback)) {}
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() {
    const std::shared_ptr<Impl> resolver = impl.lock();
    if (!resolver || resolver->waiting_.erase(this) == 0) return;
    resolver->settle();
  }

  void deliver(EventLoop& loop, Result<ResolvedAddresses> result) {
    delivery = loop.defer([this, result = std::move(result)]() mutable {
      if (impl.expired()) return;
      const Done callback = std::move(done);
      callback(std::move(result));  // may drop the token
    });
  }

  std::weak_ptr<Impl> impl;  // expires with the resolver
  std::uint16_t port;
  Done done;
  Call delivery;
};

Resolver::Impl::Impl(EventLoop& loop, ResolverOptions options)
    : loop_(loop),
      options_(std::move(options)),
      timer_(loop, [this] { act(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {}

Call Resolver::Impl::resolve(const std::shared_ptr<Impl>& self, const std::string& host,
                             std::uint16_t port, Done done) {
  auto lookup = std::make_shared<Lookup>(self, port, std::move(done));
  if (const auto digits = SocketAddress::ofLiteral(host, port)) {
    lookup->deliver(loop_, ResolvedAddresses{*digits});
    return Call(std::move(lookup));
  }
  if (!channel_) {
    Result<Channel> opened = openChannel(options_, &Impl::onSocket, this);
    if (!opened.ok()) {
      lookup->deliver(loop_, std::move(opened).status());
      return Call(std::move(lookup));
    }
    channel_ = std::move(*opened);
  }
  waiting_.insert(lookup.get());
  ask(channel_.get(), host, &Impl::onFound, new std::weak_ptr<Lookup>(lookup));
  settle();
  return Call(std::move(lookup));
}

void Resolver::Impl::onFound(void* context, int code, int /*timeouts*/,
                             ares_addrinfo* found) noexcept {
  const AddrInfo owned(found);
  const std::unique_ptr<std::weak_ptr<Lookup>> weak(static_cast<std::weak_ptr<Lookup>*>(context));
  const std::shared_ptr<Lookup> lookup = weak->lock();
  const std::shared_ptr<Impl> self = lookup ? lookup->impl.lock() : nullptr;
  // Lookups that have ended are removed.
  if (!self || self->waiting_.erase(lookup.get()) == 0) return;
  lookup->deliver(self->loop_, readFound(lookup->port, code, found));
}

void Resolver::Impl::act(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_.get(), readable, writable);
  settle();
}

// Ends lookups that nobody waits for, and sets the timer that c-ares requests. Never called from
// within c-ares.
void Resolver::Impl::settle() {
  if (waiting_.empty()) {
    channel_.reset();
    timer_.stop();
    return;
  }
  timeval time{};
  if (!ares_timeout(channel_.get(), nullptr, &time)) return;
  timer_.start(std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec));
}

void Resolver::Impl::watch(ares_socket_t fd, bool readable, bool writable) {
  if (!readable && !writable) {
    sockets_.erase(fd);
    return;
  }
  const auto what =
      static_cast<short>((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0) | EV_PERSIST);
  EventHandle& known = sockets_[fd];
  known.reset();  // before the next one is made for the same descriptor
  known.reset(event_new(loop_.base(), fd, what, &Impl::onReady, this));
  if (known) addWatch(loop_, *known);  // else c-ares gives up after its time
}

void Resolver::Impl::onSocket(void* self, ares_socket_t fd, int readable, int writable) noexcept {
  static_cast<Impl*>(self)->watch(fd, readable != 0, writable != 0);
}

void Resolver::Impl::onReady(evutil_socket_t fd, short what, void* self) noexcept {
  static_cast<Impl*>(self)->act((what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
                                (what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
}

Resolver::Resolver(EventLoop& loop, ResolverOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(options))) {}
Resolver::~Resolver() = default;

Call Resolver::resolve(const std::string& host, std::uint16_t port, Done done) {
  return impl_->resolve(impl_, host, port, std::move(done));
}

namespace {

struct Waiting {
  std::uint16_t port;
  std::optional<Result<ResolvedAddresses>> result;
};

void onFoundNow(void* context, int code, int /*timeouts*/, ares_addrinfo* found) noexcept {
  const AddrInfo owned(found);
  auto* const waiting = static_cast<Waiting*>(context);
  waiting->result = readFound(waiting->port, code, found);
}

// One round of c-ares over poll(): its own select() helper fails above 1,024 descriptors.
void turn(ares_channel channel) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const auto wanted = static_cast<unsigned>(
      ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size())));
  std::vector<pollfd> polled;
  for (unsigned i = 0; i < sockets.size(); ++i) {
    const int events = (ARES_GETSOCK_READABLE(wanted, i) ? POLLIN : 0) |
                       (ARES_GETSOCK_WRITABLE(wanted, i) ? POLLOUT : 0);
    if (events != 0) polled.push_back({sockets[i], static_cast<short>(events), 0});
  }
  timeval time{};
  const timeval* const wait = ares_timeout(channel, nullptr, &time);
  const int timeout = wait ? static_cast<int>(time.tv_sec * 1'000 + time.tv_usec / 1'000 + 1) : 0;
  ::poll(polled.data(), polled.size(), timeout);
  ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  for (const pollfd& entry : polled) {
    if (entry.revents == 0) continue;
    ares_process_fd(channel, entry.fd, entry.fd);
  }
}

}  // namespace

Result<ResolvedAddresses> Resolver::resolveNow(const std::string& host, std::uint16_t port,
                                               const ResolverOptions& options) {
  if (const auto digits = SocketAddress::ofLiteral(host, port)) return ResolvedAddresses{*digits};
  Result<Channel> channel = openChannel(options, nullptr, nullptr);
  if (!channel.ok()) return std::move(channel).status();
  Waiting waiting{port, std::nullopt};
  ask(channel->get(), host, &onFoundNow, &waiting);
  while (!waiting.result) turn(channel->get());
  return std::move(*waiting.result);
}

}  // namespace evmicro::detail
