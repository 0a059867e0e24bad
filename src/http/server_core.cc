#include "http/server_core.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "http/page.h"

namespace evmicro::detail {

namespace {

constexpr ev_uint16_t kAllMethods = 0xffff;

}  // namespace

Result<std::shared_ptr<HttpServerCore>> HttpServerCore::open(EventLoop& loop,
                                                             std::string_view address,
                                                             HttpServerOptions options,
                                                             HttpServer::Observer& observer) {
  std::shared_ptr<TlsServer> tls;
  if (options.tls) {
    auto made = makeTlsServer(loop, *options.tls, TlsAlpn::kHttp1, options.maxHandshakes);
    if (!made.ok()) return std::move(made).status();
    tls = std::move(*made);
  }
  std::shared_ptr<HttpServerCore> core(
      new HttpServerCore(loop, std::move(options), std::move(tls), observer));
  const std::weak_ptr<HttpServerCore> watch = core;
  auto acceptor = EvhttpAcceptor::open(
      loop, address,
      [watch](Status why) {
        const auto alive = watch.lock();
        if (alive && alive->observer_) alive->observer_->onServerFailure(std::move(why));
      },
      [&admission = core->admission_] { admission.makeRoom(); });
  if (!acceptor.ok()) return std::move(acceptor).status();
  core->acceptor_ = std::move(*acceptor);
  core->acceptor_->attach(core->http_.get());
  return core;
}

HttpServerCore::HttpServerCore(EventLoop& loop, HttpServerOptions options,
                               std::shared_ptr<TlsServer> tls, HttpServer::Observer& observer)
    : loop_(loop),
      tls_(std::move(tls)),
      options_(std::move(options)),
      observer_(&observer),
      memory_(loop, options_.memoryBytes),
      admission_(options_.maxConnections, options_.maxConnectionsPerPeer),
      rates_(loop),
      http_(evhttp_new(loop.base())),
      deadlineTimer_(loop, [this] { onDeadline(); }),
      freshEvent_(event_new(loop.base(), -1, 0, &HttpServerCore::onFresh, this)) {
  if (!http_ || !freshEvent_) throw std::bad_alloc();
  configure();
}

HttpServerCore::~HttpServerCore() { shutDown(); }

void HttpServerCore::configure() {
  evhttp_set_bevcb(http_.get(), &HttpServerCore::onAccept, this);
  evhttp_set_gencb(http_.get(), &HttpServerCore::onRequest, this);
  evhttp_set_default_content_type(http_.get(), nullptr);
  evhttp_set_allowed_methods(http_.get(), kAllMethods);
  const auto idle = options_.idleTimeout.count();
  if (idle <= 0) return;
  const timeval time{static_cast<time_t>(idle / 1'000),
                     static_cast<suseconds_t>(idle % 1'000 * 1'000)};
  evhttp_set_timeout_tv(http_.get(), &time);
}

void HttpServerCore::shutDown() {
  observer_ = nullptr;
  if (acceptor_) acceptor_->stop();
  adoptFresh();
  while (!connections_.empty()) connections_.begin()->second->close();
  lingering_.clear();
  turnedAway_.clear();
}

// evhttp requests the stream for a connection that has just been accepted.
bufferevent* HttpServerCore::onAccept(event_base* base, void* self) noexcept {
  auto* core = static_cast<HttpServerCore*>(self);
  core->acceptor_->noteAccepted();
  ++core->accepted_;
  // With the flag the descriptor is closed only when it is no longer polled.
  bufferevent* stream = core->tls_ ? core->tls_->newBufferevent(base)
                                   : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
  if (!stream) return nullptr;
  core->connections_.emplace(stream, std::make_unique<EvhttpGate>(*core, stream));
  bufferevent_incref(stream);
  core->fresh_.push_back(stream);
  event_active(core->freshEvent_.get(), EV_TIMEOUT, 1);
  return stream;
}

void HttpServerCore::onFresh(evutil_socket_t /*fd*/, short /*what*/, void* self) noexcept {
  static_cast<HttpServerCore*>(self)->adoptFresh();
}

void HttpServerCore::adoptFresh() {
  for (bufferevent* stream : std::exchange(fresh_, {})) {
    const auto found = connections_.find(stream);
    if (found != connections_.end() && !found->second->adopt()) connections_.erase(found);
    bufferevent_decref(stream);
  }
}

void HttpServerCore::onRequest(evhttp_request* request, void* self) noexcept {
  auto* core = static_cast<HttpServerCore*>(self);
  evhttp_connection* connection = evhttp_request_get_connection(request);
  const auto found = core->connections_.find(evhttp_connection_get_bufferevent(connection));
  if (found == core->connections_.end()) {  // out of memory for our stream
    evhttp_connection_free(connection);
    return;
  }
  found->second->serve(request);
}

HttpServerCore::Deadlines::iterator HttpServerCore::startDeadline(EvhttpGate& connection) {
  deadlines_.emplace_back(EventLoop::now() + options_.requestTimeout, &connection);
  if (!deadlineTimer_.running() && options_.requestTimeout.count() > 0) {
    deadlineTimer_.start(options_.requestTimeout);
  }
  return std::prev(deadlines_.end());
}

void HttpServerCore::onDeadline() {
  const auto now = EventLoop::now();
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    EvhttpGate* connection = deadlines_.front().second;
    deadlines_.pop_front();
    connection->overdue();
  }
  if (!deadlines_.empty()) deadlineTimer_.start(deadlines_.front().first - now);
}

std::size_t HttpServerCore::awaited() const noexcept {
  const auto awaited =
      std::count_if(connections_.begin(), connections_.end(),
                    [](const auto& entry) { return entry.second->awaitsRequest(); });
  return static_cast<std::size_t>(awaited) + (acceptor_->finishing() ? 1 : 0);
}

void HttpServerCore::refuse(evhttp_connection* connection, const HttpRefusal& refusal,
                            const Metadata* headers) {
  refusals_.note(refusal);
  Page answer = pageOf(refusal);
  if (headers && observer_) observer_->onRefused(*headers, answer);
  std::string bytes;
  writeRefusal(bytes, answer);
  auto& list = refusal.status == kTooManyConnections.status ? turnedAway_ : lingering_;
  list.push_back(
      std::make_unique<LingeringClose>(loop_, connection, bytes, [&list](LingeringClose* ended) {
        list.remove_if([ended](const auto& one) { return one.get() == ended; });
      }));
  if (turnedAway_.size() > Admission::kRefusedAtOnce) turnedAway_.pop_back();
}

}  // namespace evmicro::detail
