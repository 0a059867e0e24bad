#include "http/server_core.h"

#include <new>
#include <utility>

namespace evmicro::detail {

Result<std::shared_ptr<HttpServerCore>> HttpServerCore::open(EventLoop& loop,
                                                             std::string_view address,
                                                             HttpServerOptions options,
                                                             HttpServer::Handler& handler) {
  std::shared_ptr<HttpServerCore> core(new HttpServerCore(loop, options, handler));
  const std::weak_ptr<HttpServerCore> watch = core;
  auto listener = EvhttpListener::open(loop, address, [watch](Status why) {
    const auto alive = watch.lock();
    if (alive && alive->handler_) alive->handler_->onServerFailure(std::move(why));
  });
  if (!listener.ok()) return std::move(listener).status();
  core->listener_ = std::move(*listener);
  core->listener_->attach(core->http_.get());
  return core;
}

HttpServerCore::HttpServerCore(EventLoop& loop, HttpServerOptions options,
                               HttpServer::Handler& handler)
    : loop_(loop),
      options_(options),
      handler_(&handler),
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
  evhttp_set_max_headers_size(http_.get(), 1'024);  // it sees nothing but placeholders
  evhttp_set_max_body_size(http_.get(), 0);
  const auto idle = options_.idleTimeout.count();
  if (idle <= 0) return;
  const timeval time{static_cast<time_t>(idle / 1'000),
                     static_cast<suseconds_t>(idle % 1'000 * 1'000)};
  evhttp_set_timeout_tv(http_.get(), &time);
}

void HttpServerCore::shutDown() {
  handler_ = nullptr;
  if (listener_) listener_->stop();
  adoptFresh();
  while (!connections_.empty()) connections_.begin()->second->close();
  lingering_.clear();
}

// evhttp asks for the stream of a connection that was just accepted.
bufferevent* HttpServerCore::onAccept(event_base* base, void* self) noexcept {
  auto* core = static_cast<HttpServerCore*>(self);
  core->listener_->noteAccepted();
  ++core->accepted_;
  // With the flag the descriptor is closed only when nothing polls it any more.
  bufferevent* stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
  if (!stream) return nullptr;
  const bool tooMany =
      core->options_.maxConnections > 0 && core->connections() >= core->options_.maxConnections;
  auto connection = std::make_unique<HttpConnection>(*core, stream);
  if (tooMany) connection->refuse(kTooManyConnections);
  core->connections_.emplace(stream, std::move(connection));
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
  if (found == core->connections_.end()) {  // no memory for a stream of ours
    evhttp_connection_free(connection);
    return;
  }
  found->second->serve(request);
}

HttpServerCore::Deadlines::iterator HttpServerCore::startDeadline(HttpConnection& connection) {
  deadlines_.emplace_back(EventLoop::now() + options_.requestTimeout, &connection);
  if (!deadlineTimer_.running() && options_.requestTimeout.count() > 0) {
    deadlineTimer_.start(options_.requestTimeout);
  }
  return std::prev(deadlines_.end());
}

void HttpServerCore::onDeadline() {
  const auto now = EventLoop::now();
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    HttpConnection* connection = deadlines_.front().second;
    deadlines_.pop_front();
    connection->overdue();
  }
  if (!deadlines_.empty()) deadlineTimer_.start(deadlines_.front().first - now);
}

void HttpServerCore::noteRefusal(const HttpRefusal& refusal) { refusals_.note(refusal); }

void HttpServerCore::closeLingering(evhttp_connection* connection, const HttpRefusal& refusal) {
  lingering_.push_back(
      std::make_unique<LingeringClose>(loop_, connection, refusal, [this](LingeringClose* ended) {
        lingering_.remove_if([ended](const auto& one) { return one.get() == ended; });
      }));
}

}  // namespace evmicro::detail
