#include <evmicro/server.h>

#include <algorithm>
#include <list>
#include <optional>
#include <stdexcept>
#include <vector>

#include <evmicro/check_service.h>
#include <evmicro/event_loop.h>
#include <evmicro/health.h>
#include <evmicro/lifetime.h>
#include <evmicro/timer.h>

#include "base/hidden.h"
#include "base/log.h"
#include "base/uuid.h"
#include "call/method_kind.h"
#include "call/owned_done.h"
#include "call/user_code.h"
#include "net/stop_times.h"
#include "registry/advertise.h"
#include "registry/registrar.h"
#include "server/connection.h"
#include "server/debug_methods.h"
#include "server/grpc_health.h"
#include "server/grpc_reflection.h"
#include "server/refusal.h"
#include "server/server_metrics.h"
#include "server/server_pages.h"
#include "server/subscribers.h"

namespace evmicro {

namespace {

using detail::ServerConnection;
using std::chrono::milliseconds;

constexpr milliseconds kLastWords{1'000};

ServerOptions withId(ServerOptions options) {
  if (options.id.empty()) options.id = detail::makeUuid();
  options.limits.tls = options.tls;
  return options;
}

std::optional<Value> describe(const google::protobuf::Descriptor* message) {
  return message ? std::optional<Value>(detail::describe(*message)) : std::nullopt;
}

detail::Method entryOf(std::string method, detail::MethodTypes types, HandleOptions options,
                       detail::Invoke invoke) {
  detail::Method entry;
  entry.endpoint.name = std::move(method);
  entry.endpoint.request = describe(types.request);
  entry.endpoint.response = describe(types.response);
  entry.types = types;
  entry.endpoint.metadata = std::move(options.metadata);
  entry.endpoint.metadata.try_emplace("stream", "false");
  entry.announce = options.announce;
  entry.maxRequestBytes = options.maxRequestBytes;
  entry.invoke = std::move(invoke);
  return entry;
}

}  // namespace

class EVMICRO_HIDDEN Server::Impl final : private Listener::Observer,
                                          private ServerConnection::Observer {
 public:
  Impl(EventLoop& loop, Transport& transport, Registry& registry, Broker* broker,
       ServerOptions options)
      : options_(withId(std::move(options))),
        transport_(transport),
        registry_(registry),
        shared_{loop,
                {options_.name, {}, detail::CodecTable(options_.codecs)},
                {options_.limits.highWaterBytes, options_.streamQueueBytes, options_.streamIdle},
                options_.maxInFlight,
                0,
                detail::TurnClock(loop),
                detail::Shedder(loop, options_.shed)},
        lag_(loop),
        brokerName_(broker ? broker->name() : "http"),
        subscribers_(shared_.handlers, broker),
        registrar_(loop, registry, {options_.registerTtl, options_.registerInterval}),
        timer_(loop, [this] { onTimer(); }) {}

  ~Impl() {
    // Ending a handler's context may end other calls of this server.
    while (!connections_.empty()) connections_.pop_front();
  }

  void add(detail::Method method) {
    requireStopped();
    shared_.handlers.methods.add(std::move(method));
  }
  void addSubscriber(std::string topic, std::optional<Value> event, SubscriberOptions options,
                     detail::HandleEvent handle) {
    requireStopped();
    subscribers_.add(std::move(topic), std::move(event), std::move(options), std::move(handle));
  }
  const SubscriberStats& subscriberStats() const noexcept { return subscribers_.stats(); }
  void wrap(Wrapper wrapper) {
    requireStopped();
    shared_.handlers.wrappers->push_back(std::move(wrapper));
  }
  void setMetadata(std::string name, std::string value) {
    requireStopped();
    options_.metadata[std::move(name)] = std::move(value);
  }
  void collect(Collector collector) {
    requireStopped();
    collectors_.push_back(std::move(collector));
  }
  void require(const Health& part) {
    requireStopped();
    parts_.push_back(part);
    partChanges_.push_back(part.onChange([this](const Status&) { noteHealth(); }));
    noteHealth();
    collectors_.push_back([part](Metrics& metrics) {
      metrics.gauge("evmicro_healthy", "Whether a part that the program needs works.",
                    part.status().ok() ? 1 : 0, {{"part", part.part()}});
    });
  }
  void onFailure(std::function<void(Status)> onFailure) { onFailure_ = std::move(onFailure); }

  void addStandardServices(Server& server) {
    if (!transport_.servesGrpc()) return;
    if (options_.grpcHealth) health_.addTo(server);
    if (options_.grpcReflection) reflection_.addTo(server);
  }

  void start(Done done);
  void stop(Done done);

  std::string address() const { return address_; }
  const ServerOptions& options() const noexcept { return options_; }
  ServerStats stats() const;
  ServiceInfo info() const;
  /// The first error of the parts that the program needs.
  Status health() const;
  Status reloadTls() { return listener_ ? listener_->reloadTls() : Status(); }

 private:
  enum class State { kNew, kRunning, kDeregistering, kGrace, kDraining, kClosing, kStopped };

  void requireStopped() const {
    if (state_ != State::kNew) {
      throw std::logic_error(
          "evmicro: handlers, subscribers, wrappers, metadata, collectors and required parts must "
          "be "
          "added before the server starts");
    }
  }
  void noteHealth() { health_.setServing(!shared_.stopping && health().ok()); }
  Status listen();
  Status open();
  void registered();
  void deregistered();
  void onAccept(std::unique_ptr<Socket> socket) override;
  Page onPage(std::string_view path) override;
  void onRefused(const Metadata& headers, Page& answer) override {
    detail::writeRefusal(shared_.handlers.codecs, shared_.handlers.name, headers, answer);
  }
  void onListenerFailure(Status why) override;
  void onConnectionOver(ServerConnection& connection) override;
  void onTimer();
  void drain();
  void closeIdle();
  void endListening();
  void closeListener();
  void endCalls();
  void finishWhenIdle();
  void stopped();

  ServerOptions options_;
  Transport& transport_;
  Registry& registry_;
  detail::ServerShared shared_;
  detail::GrpcHealth health_{shared_.handlers.methods};
  detail::GrpcReflection reflection_{shared_.handlers.methods};
  State state_ = State::kNew;
  std::string address_;
  detail::AdvertisedAddress advertised_;
  std::function<void(Status)> onFailure_;
  std::vector<Collector> collectors_;
  std::vector<Health> parts_;
  const std::chrono::system_clock::time_point madeOn_ = std::chrono::system_clock::now();
  const EventLoop::Clock::time_point madeAt_ = EventLoop::now();
  ListenerStats listenerStats_;  // of the closed listener
  detail::LoopLag lag_;
  std::vector<Done> whenStopped_;
  ServerConnection::List connections_{detail::PoolAllocator<ServerConnection>(*shared_.blocks)};
  const std::string brokerName_;
  Done whenStarted_;
  int toRegister_ = 0;  // the node, the subscriptions
  int toDeregister_ = 0;
  std::unique_ptr<Listener> listener_;
  detail::Subscribers subscribers_;
  detail::Registrar registrar_;
  Timer timer_;
  EventLoop::Clock::time_point drainEnds_{};
  std::vector<Subscription> partChanges_;
  Call started_;
  Lifetime lifetime_;
};

Status Server::Impl::health() const {
  for (const Health& part : parts_) {
    if (!part.status().ok()) return part.status();
  }
  return {};
}

Status Server::Impl::listen() {
  auto listener = transport_.listen(options_.address, options_.limits, *this);
  if (!listener.ok()) return std::move(listener).status().withContext("server");
  auto advertised = detail::advertisedAddress((*listener)->address(), options_.advertise,
                                              registry_.address(), "--server_advertise");
  if (!advertised.ok()) return advertised.status();
  listener_ = std::move(*listener);
  address_ = listener_->address();
  advertised_ = *advertised;
  return {};
}

void Server::Impl::start(Done done) {
  Status status = state_ == State::kNew
                      ? listen()
                      : Status::invalid("server: already started; make a new one to start again");
  if (status.ok()) status = open();
  if (!status.ok()) {
    started_ = shared_.loop.defer([done = std::move(done), status = std::move(status)] {
      if (done) done(status);
    });
    return;
  }
  state_ = State::kRunning;
  lag_.start();
  shared_.shedder.start();
  whenStarted_ = std::move(done);
  toRegister_ = subscribers_.empty() ? 1 : 2;
  registrar_.start(info(), [this] { registered(); });
}

// Listening: now subscribe.
Status Server::Impl::open() {
  EVMICRO_LOG_INFO("server", "Listening on " << address_);
  Status status = checkAnnouncement(info()).withContext("server");
  if (status.ok() && !subscribers_.empty()) status = subscribers_.start([this] { registered(); });
  if (!status.ok()) {
    listener_.reset();
    address_.clear();
  }
  return status;
}

// May destroy this object.
void Server::Impl::registered() {
  if (--toRegister_ > 0 || state_ != State::kRunning) return;
  const Done done = std::exchange(whenStarted_, nullptr);
  if (done) done({});
}

ServiceInfo Server::Impl::info() const {
  ServiceInfo service;
  service.name = options_.name;
  service.version = options_.version;
  service.endpoints = shared_.handlers.methods.endpoints();
  const std::vector<Endpoint> subscribers = subscribers_.endpoints();
  service.endpoints.insert(service.endpoints.end(), subscribers.begin(), subscribers.end());
  Node node;
  node.id = options_.name + "-" + options_.id;
  node.address = advertised_.host;
  node.port = static_cast<std::uint16_t>(advertised_.port);
  node.metadata = options_.metadata;
  node.metadata["transport"] = transport_.protocol();
  node.metadata["broker"] = brokerName_;
  node.metadata["server"] = "rpc";
  node.metadata["registry"] = registry_.name();
  if (transport_.servesGrpc()) node.metadata["grpc"] = "true";
  if (!options_.tls.certificate.empty()) node.metadata["secure"] = "true";
  service.nodes.push_back(std::move(node));
  return service;
}

ServerStats Server::Impl::stats() const {
  ServerStats stats;
  stats.started = madeOn_;
  stats.uptime = std::chrono::duration_cast<milliseconds>(EventLoop::now() - madeAt_);
  detail::addCalls(shared_.handlers.methods, stats, shared_.refused.unknownMethods);
  stats.undecodable = shared_.refused.undecodable;
  stats.unsupported = shared_.refused.unsupported;
  stats.tooLargeForMethod = shared_.refused.tooLarge;
  stats.tooManyCalls = shared_.refused.tooMany;
  stats.shed = shared_.refused.shed;
  stats.expired = shared_.refused.expired;
  stats.listener = listener_ ? listener_->stats() : listenerStats_;
  stats.registered = registrar_.registered();
  stats.heartbeatFailures = registrar_.failures();
  return stats;
}

Page Server::Impl::onPage(std::string_view path) {
  Page page;
  const Status thrown = detail::runUserCode("a collector", [&] {  // of the program's metrics
    page = detail::serverPage(path, [this] {
      return detail::ServerNumbers{
          options_,        health(),     stats(),    shared_.stopping, shared_.handlers.methods,
          shared_.callers, lag_.times(), collectors_};
    });
  });
  if (!thrown.ok()) page = {500, "text/plain; charset=utf-8", thrown.detail() + "\n", false};
  page.close = shared_.stopping;
  return page;
}

void Server::Impl::onAccept(std::unique_ptr<Socket> socket) {
  ServerConnection::Observer& observer = *this;
  connections_.emplace_back(shared_, std::move(socket), observer);
  connections_.back().place = std::prev(connections_.end());
}

void Server::Impl::onListenerFailure(Status why) {
  EVMICRO_LOG_ERROR("server", "Listener failed: " << why.toString());
  if (onFailure_) onFailure_(std::move(why));
}

void Server::Impl::onConnectionOver(ServerConnection& connection) {
  connections_.erase(connection.place);  // destroys the connection
  finishWhenIdle();
}

// --- stopping: deregister, grace time, drain, closed

void Server::Impl::stop(Done done) {
  if (done) whenStopped_.push_back(std::move(done));
  if (state_ == State::kNew || state_ == State::kStopped) {
    state_ = State::kStopped;
    started_ = shared_.loop.defer([this] { stopped(); });
    return;
  }
  if (state_ != State::kRunning) return;
  state_ = State::kDeregistering;
  shared_.stopping = true;
  noteHealth();
  toDeregister_ = subscribers_.empty() ? 1 : 2;
  registrar_.stop([this] { deregistered(); });
  if (!subscribers_.empty()) subscribers_.withdraw([this] { deregistered(); });
}

void Server::Impl::deregistered() {
  if (--toDeregister_ > 0) return;
  state_ = State::kGrace;
  timer_.start(options_.grace);
}

void Server::Impl::onTimer() {
  if (state_ == State::kGrace) {
    drain();
  } else if (state_ == State::kDraining && (listener_ || !connections_.empty())) {
    closeIdle();
  } else {
    stopped();
  }
}

void Server::Impl::closeListener() {
  if (!listener_) return;
  listenerStats_ = listener_->stats();
  listener_.reset();
}

// Connected peers may have sent a request that has not been read yet.
void Server::Impl::drain() {
  state_ = State::kDraining;
  listener_->stopAccepting();
  drainEnds_ = EventLoop::now() + options_.drain;
  timer_.start(milliseconds(0));
}

void Server::Impl::closeIdle() {
  const auto left = drainEnds_ - EventLoop::now();
  if (left <= left.zero()) return endCalls();
  if (listener_ && listener_->awaited() == 0) endListening();
  bool awaited = listener_ != nullptr;
  for (ServerConnection& connection : connections_) {
    if (connection.awaitsRequest()) {
      awaited = true;
    } else if (!connection.busy()) {
      connection.close();
    }
  }
  timer_.start(awaited ? std::min<EventLoop::Clock::duration>(left, detail::kStopLook) : left);
  finishWhenIdle();
}

void Server::Impl::endListening() {
  subscribers_.stop();
  closeListener();
  health_.end();
}

// The drain time is over: calls in progress are answered with an error, with a moment for the
// callers to read it.
void Server::Impl::endCalls() {
  state_ = State::kClosing;
  timer_.start(kLastWords);
  endListening();
  std::vector<ServerConnection*> busy;
  for (ServerConnection& connection : connections_) {
    if (connection.busy()) {
      busy.push_back(&connection);
    } else {
      connection.close();
    }
  }
  const auto alive = lifetime_.watch();
  for (ServerConnection* connection : busy) {
    connection->endCall(Status::unavailable("the server is stopping"));
    if (alive.expired()) return;
  }
  finishWhenIdle();
}

void Server::Impl::finishWhenIdle() {
  const bool ending = state_ == State::kDraining || state_ == State::kClosing;
  if (!ending || listener_ || !connections_.empty()) return;
  timer_.start(milliseconds(0));
}

void Server::Impl::stopped() {
  state_ = State::kStopped;
  lag_.stop();
  shared_.shedder.stop();
  subscribers_.stop();
  closeListener();
  while (!connections_.empty()) connections_.pop_front();
  const auto waiting = std::exchange(whenStopped_, {});
  for (const Done& done : waiting) done({});  // the last may destroy the server
}

Server::Server(EventLoop& loop, Transport& transport, Registry& registry, ServerOptions options)
    : impl_(std::make_unique<Impl>(loop, transport, registry, nullptr, std::move(options))) {
  detail::addDebugMethods(*this, [impl = impl_.get()] { return impl->health(); });
  impl_->addStandardServices(*this);
}
Server::Server(EventLoop& loop, Transport& transport, Registry& registry, Broker& broker,
               ServerOptions options)
    : impl_(std::make_unique<Impl>(loop, transport, registry, &broker, std::move(options))) {
  detail::addDebugMethods(*this, [impl = impl_.get()] { return impl->health(); });
  impl_->addStandardServices(*this);
}
Server::~Server() = default;

void Server::add(std::string method, detail::MethodTypes types, HandleOptions options,
                 detail::Invoke invoke) {
  impl_->add(entryOf(std::move(method), types, std::move(options), std::move(invoke)));
}

void Server::addSubscriber(std::string topic, std::optional<Value> event, SubscriberOptions options,
                           detail::HandleEvent handle) {
  impl_->addSubscriber(std::move(topic), std::move(event), std::move(options), std::move(handle));
}

void Server::addStream(std::string method, detail::MethodTypes types, HandleOptions options,
                       detail::Invoke invoke) {
  detail::Method entry = entryOf(std::move(method), types, std::move(options), std::move(invoke));
  // As go-micro registers them, whatever their messages are.
  entry.endpoint.request = Value{"Context", "Context", {}};
  entry.endpoint.response = Value{"Streamer", "Streamer", {}};
  entry.streaming = true;
  entry.takesOneMessage = detail::kindOfMethod(entry.endpoint.name, types.request).oneRequest;
  impl_->add(std::move(entry));
}

void Server::wrap(Wrapper wrapper) { impl_->wrap(std::move(wrapper)); }
void Server::setMetadata(std::string name, std::string value) {
  impl_->setMetadata(std::move(name), std::move(value));
}
void Server::collect(Collector collector) { impl_->collect(std::move(collector)); }
void Server::require(const Health& part) { impl_->require(part); }
Pending Server::start(Done done) {
  auto owned = std::make_shared<detail::OwnedDone>(std::move(done));
  impl_->start(detail::OwnedDone::of(owned));
  return Pending(std::move(owned));
}
Pending Server::stop(Done done) {
  auto owned = std::make_shared<detail::OwnedDone>(std::move(done));
  impl_->stop(detail::OwnedDone::of(owned));
  return Pending(std::move(owned));
}
void Server::onFailure(std::function<void(Status)> onFailure) {
  impl_->onFailure(std::move(onFailure));
}
Status Server::reloadTls() { return impl_->reloadTls(); }
std::string Server::address() const { return impl_->address(); }
const ServerOptions& Server::options() const noexcept { return impl_->options(); }
ServerStats Server::stats() const { return impl_->stats(); }
SubscriberStats Server::subscriberStats() const noexcept { return impl_->subscriberStats(); }
ServiceInfo Server::info() const { return impl_->info(); }

}  // namespace evmicro
