#include <evmicro/client.h>

#include <list>
#include <stdexcept>
#include <vector>

#include <google/protobuf/empty.pb.h>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>

#include "base/hidden.h"
#include "call/middleware.h"
#include "client/client_call.h"
#include "client/client_stream.h"
#include "client/headers.h"
#include "codec/codec_table.h"
#include "registry/secure_node.h"

namespace evmicro {

namespace {

using detail::ClientCall;
using detail::ClientStreamEnd;
using detail::kClientId;
using detail::PreparedCall;
using std::chrono::milliseconds;

DialOptions withTls(const ClientOptions& options) {
  DialOptions dial = options.dial;
  dial.tls = std::make_shared<const TlsOptions>(options.tls);
  return dial;
}

}  // namespace

class EVMICRO_HIDDEN Client::Impl {
 public:
  Impl(EventLoop& loop, Transport& transport, Selector& selector, Broker* broker,
       ClientOptions options)
      : broker_(broker),
        shared_{options,
                {loop, transport, selector, withTls(options),
                 detail::ConnectionPool(options.poolSize, options.poolIdle),
                 std::minstd_rand(std::random_device{}()),
                 detail::Outliers(loop, options.outliers, outlierNeeds()), options.tlsUse,
                 detail::RetryBudget(options.retryBudget)},
                detail::Deadlines(loop)},
        codecs_(options.codecs) {}
  ~Impl() {
    while (!calls_.empty()) calls_.pop_front();
    while (!shared_.streams.empty()) shared_.streams.front()->abandon();
  }

  using Prepared = std::shared_ptr<PreparedCall>;

  Prepared start(const Context& context, std::string_view service, std::string_view method,
                 PayloadSource request, PayloadTarget response, std::function<void(Status)> done,
                 CallOptions options);
  Status wait(const Context& context, std::string_view service, std::string_view method,
              PayloadSource request, PayloadTarget response, CallOptions options);
  std::unique_ptr<detail::StreamEnd> open(const Context& context, std::string_view service,
                                          std::string_view method, PayloadSource opening,
                                          CallOptions options);
  Prepared publish(const Context& context, std::string_view topic, PayloadSource event,
                   std::function<void(Status)> done, PublishOptions options);
  Status waitPublish(const Context& context, std::string_view topic, PayloadSource event,
                     PublishOptions options);
  void wrap(Wrapper wrapper);
  const ClientOptions& options() const noexcept { return shared_.options; }
  const OutlierStats& outlierStats() const noexcept { return shared_.nodes.outliers.stats(); }
  ClientStats stats() const noexcept {
    const detail::RetryBudget& budget = shared_.nodes.budget;
    return {budget.spent(), budget.exhausted(), shared_.hedges, shared_.hedgesWon};
  }

 private:
  class Outcome;
  class Wrapped;

  detail::Outliers::Needs outlierNeeds();
  void forEachNode(const std::string& service, const std::function<void(const Node&)>& look);
  std::vector<detail::Outliers::Known> nodesOf(const std::string& service);
  void probe(const std::string& service, const std::string& address, milliseconds timeout,
             CallDone done);

  Status prepare(PreparedCall& prepared, std::string_view service, std::string_view method,
                 PayloadSource request, CallOptions options);
  void beginWrapped(ClientStreamEnd& stream, std::shared_ptr<PreparedCall> prepared,
                    const Context& context);
  void run(std::shared_ptr<PreparedCall> prepared, const Context& context, CallNext target,
           CallDone done, const char* what);
  void launch(std::shared_ptr<PreparedCall> prepared, Context context, CallDone done);
  Status preparePublication(PreparedCall& prepared, std::string_view topic, PayloadSource event,
                            PublishOptions options);
  void handOver(const Prepared& prepared, const Context& context, CallDone done);
  static CallDone unlessAbandoned(const Prepared& prepared, CallDone done);
  Status waitFor(const std::function<void(CallDone)>& start, const std::function<void()>& giveUp);
  void laterTurn(std::function<void()> work);

  Broker* const broker_;  // null: publishing fails
  detail::ClientShared shared_;
  const detail::CodecTable codecs_;
  // Shared with calls that are passing through them.
  std::shared_ptr<std::vector<Wrapper>> wrappers_ = std::make_shared<std::vector<Wrapper>>();
  bool used_ = false;  // a call, stream or publication has begun
  std::list<Call> ends_;
  ClientCall::All calls_;
  Lifetime lifetime_;
};

void Client::Impl::wrap(Wrapper wrapper) {
  if (used_) {
    throw std::logic_error(
        "evmicro: wrappers must be added before the client's first call, stream or publication");
  }
  wrappers_->push_back(std::move(wrapper));
}

// Runs `work` in a later turn, unless the client has been destroyed by then.
void Client::Impl::laterTurn(std::function<void()> work) {
  const auto place = ends_.emplace(ends_.end());
  *place = shared_.nodes.loop.defer([this, place, work = std::move(work)] {
    ends_.erase(place);
    work();
  });
}

// The end of a wrapped call: runs `done` once, in a later turn; if it is destroyed unused, with an
// error that says so.
class Client::Impl::Outcome {
 public:
  Outcome(Impl& client, CallDone done, Status whenDropped)
      : client_(client),
        alive_(client.lifetime_.watch()),
        done_(std::move(done)),
        whenDropped_(std::move(whenDropped).withId(kClientId)) {}
  Outcome(const Outcome&) = delete;
  Outcome& operator=(const Outcome&) = delete;
  ~Outcome() { tell(std::move(whenDropped_)); }

  static CallDone of(Impl& client, CallDone done, Status whenDropped) {
    auto outcome = std::make_shared<Outcome>(client, std::move(done), std::move(whenDropped));
    return [outcome = std::move(outcome)](Status status) { outcome->tell(std::move(status)); };
  }

  void tell(Status status) {
    auto done = std::exchange(done_, nullptr);
    if (!done || alive_.expired()) return;
    client_.laterTurn([done = std::move(done), status = std::move(status)] { done(status); });
  }

 private:
  Impl& client_;
  Lifetime::Watch alive_;
  CallDone done_;
  Status whenDropped_;
};

// A call, stream or publication that passes through the wrappers.
class Client::Impl::Wrapped final : public detail::WrappedCall {
 public:
  Wrapped(Impl& client, std::shared_ptr<PreparedCall> prepared, CallNext target)
      : alive_(client.lifetime_.watch()),
        prepared_(std::move(prepared)),
        target_(std::move(target)) {}

  CallInfo info() const override {
    CallInfo info;
    info.service = prepared_->service;
    info.method = prepared_->method;
    info.contentType = prepared_->contentType;
    info.topic = prepared_->topic;
    return info;
  }
  bool open() const override { return !alive_.expired(); }
  void reach(Context context, CallDone done) override {
    target_(std::move(context), std::move(done));
  }

 private:
  const Lifetime::Watch alive_;
  const std::shared_ptr<PreparedCall> prepared_;  // shared with the target
  const CallNext target_;
};

// Passes a call through the wrappers to `target`. `done` runs once, in a later turn, even if a
// wrapper drops the call, which errors call `what`.
void Client::Impl::run(std::shared_ptr<PreparedCall> prepared, const Context& context,
                       CallNext target, CallDone done, const char* what) {
  const std::string dropped = std::string("client: a wrapper dropped the ") + what;
  detail::runMiddleware(std::make_shared<Wrapped>(*this, std::move(prepared), std::move(target)),
                        wrappers_, context,
                        Outcome::of(*this, std::move(done), Status::internal(dropped)));
}

// Serialises `request`, which is only borrowed.
Status Client::Impl::prepare(PreparedCall& prepared, std::string_view service,
                             std::string_view method, PayloadSource request, CallOptions options) {
  used_ = true;
  prepared.service = service;
  prepared.setMethod(method);
  prepared.contentType =
      options.contentType.empty() ? shared_.options.contentType : options.contentType;
  prepared.protocol = options.protocol.value_or(shared_.options.protocol);
  prepared.options = std::move(options);
  prepared.codecs = &codecs_;
  if (prepared.protocol == CallProtocol::kGrpc) {
    const std::string_view type = detail::grpcTypeFor(prepared.contentType);
    if (type.empty()) {
      return describeFailure(
          prepared, Node{},
          Status::invalid("content type \"" + prepared.contentType + "\" has no form of gRPC"));
    }
    prepared.contentType = type;
  }
  prepared.codec = codecs_.codecFor(prepared.contentType);
  Status status =
      prepared.codec
          ? prepared.codec->writeRequest(prepared.method, 0, request, prepared.body)
          : Status::invalid("no codec for content type \"" + prepared.contentType + "\"");
  return status.ok() ? Status() : describeFailure(prepared, Node{}, std::move(status));
}

std::unique_ptr<detail::StreamEnd> Client::Impl::open(const Context& context,
                                                      std::string_view service,
                                                      std::string_view method,
                                                      PayloadSource opening, CallOptions options) {
  auto prepared = std::make_shared<PreparedCall>();
  Status status = prepare(*prepared, service, method, opening, std::move(options));
  if (!status.ok()) {
    return std::make_unique<ClientStreamEnd>(shared_, context, std::move(status));
  }
  const auto* const message = std::get_if<const google::protobuf::Message*>(&opening);
  if (message) prepared->streamOf = (*message)->GetDescriptor();
  auto stream = std::make_unique<ClientStreamEnd>(shared_, prepared, context);
  if (wrappers_->empty()) {
    stream->begin(context, nullptr);
  } else {
    beginWrapped(*stream, std::move(prepared), context);
  }
  return stream;
}

// For wrappers a stream is one call, which also ends when its owner destroys it.
void Client::Impl::beginWrapped(ClientStreamEnd& stream, std::shared_ptr<PreparedCall> prepared,
                                const Context& context) {
  const auto alive = stream.watch();
  const auto begin = [this, alive, &stream](Context own, CallDone done) {
    done = Outcome::of(*this, std::move(done),
                       Status::cancelled("client: the stream was destroyed by its owner"));
    if (!alive.expired()) stream.begin(std::move(own), std::move(done));
  };
  const auto end = [alive, &stream](Status status) {
    if (!alive.expired()) stream.end(std::move(status));
  };
  run(std::move(prepared), context, begin, end, "stream");
}

// Wraps `done`: does nothing once the caller has abandoned `prepared`.
CallDone Client::Impl::unlessAbandoned(const Prepared& prepared, CallDone done) {
  return [prepared, done = std::move(done)](Status status) {
    if (!prepared->abandoned && done) done(std::move(status));
  };
}

Client::Impl::Prepared Client::Impl::start(const Context& context, std::string_view service,
                                           std::string_view method, PayloadSource request,
                                           PayloadTarget response, std::function<void(Status)> done,
                                           CallOptions options) {
  auto prepared = std::make_shared<PreparedCall>();
  prepared->response = response;
  Status status = prepare(*prepared, service, method, request, std::move(options));
  if (!status.ok()) {
    laterTurn([done = unlessAbandoned(prepared, std::move(done)), status = std::move(status)] {
      done(status);
    });
    return prepared;
  }
  if (wrappers_->empty()) {
    launch(prepared, context, std::move(done));
    return prepared;
  }
  prepared->wrapped = true;
  done = unlessAbandoned(prepared, std::move(done));
  const auto launchIt = [this, prepared](Context own, CallDone end) {
    launch(prepared, std::move(own), std::move(end));
  };
  run(prepared, context, launchIt, std::move(done), "call");
  return prepared;
}

void Client::Impl::launch(std::shared_ptr<PreparedCall> prepared, Context context, CallDone done) {
  calls_.emplace_back(shared_, calls_, std::move(prepared), std::move(context), std::move(done));
  calls_.back().begin(std::prev(calls_.end()));
}

// --- nodes that hang

detail::Outliers::Needs Client::Impl::outlierNeeds() {
  return {[this](const std::string& service) { return nodesOf(service); },
          [this](const std::string& service, const std::string& address, milliseconds timeout,
                 CallDone done) { probe(service, address, timeout, std::move(done)); }};
}

// Works with every selector: a filter that refuses all nodes sees each of them.
void Client::Impl::forEachNode(const std::string& service,
                               const std::function<void(const Node&)>& look) {
  const std::vector<NodeFilter> lookAtAll = {[&look](const ServiceInfo&, const Node& node) {
    look(node);
    return false;
  }};
  Selector& selector = shared_.nodes.selector;
  const auto chosen = selector.choose(service, {lookAtAll, {}});
  if (chosen && chosen->ok()) selector.mark(service, ***chosen, Status::cancelled("not called"));
}

std::vector<detail::Outliers::Known> Client::Impl::nodesOf(const std::string& service) {
  std::vector<detail::Outliers::Known> nodes;
  forEachNode(service, [&nodes](const Node& node) {
    nodes.push_back({node.id, node.dialAddress()});
  });
  return nodes;
}

// Bypasses the wrappers, because it is not a user's call. ok() if there was any answer.
void Client::Impl::probe(const std::string& service, const std::string& address,
                         milliseconds timeout, CallDone done) {
  const google::protobuf::Empty request;
  const auto response = std::make_shared<google::protobuf::Empty>();
  const auto prepared = std::make_shared<PreparedCall>();
  prepared->response = response.get();
  CallOptions options;
  options.address = address;
  options.timeout = timeout;
  forEachNode(service, [&](const Node& node) {
    if (node.dialAddress() != address) return;
    if (detail::speaksOnlyGrpc(node)) options.contentType = "application/grpc";
    if (!detail::wantsTls(node)) return;
    options.tls = TlsUse::kRequired;
    prepared->tlsNode = node.id;
  });
  Status status = prepare(*prepared, service, "Debug.Health", &request, std::move(options));
  if (!status.ok()) return laterTurn([done = std::move(done), status] { done(status); });
  launch(prepared, Context(), [prepared, response, done = std::move(done)](Status outcome) {
    done(prepared->answered ? Status() : std::move(outcome));
  });
}

// Turns the loop until the operation that `start` begins is done. `giveUp` must cancel it.
Status Client::Impl::waitFor(const std::function<void(CallDone)>& start,
                             const std::function<void()>& giveUp) {
  struct Answer {
    bool here = false;
    Status status;
  };
  const auto answer = std::make_shared<Answer>();
  start([answer](Status status) {
    answer->here = true;
    answer->status = std::move(status);
  });
  Status turned = shared_.nodes.loop.runUntil([&answer] { return answer->here; });
  if (answer->here) return std::move(answer->status);
  giveUp();
  return turned;
}

Status Client::Impl::wait(const Context& context, std::string_view service, std::string_view method,
                          PayloadSource request, PayloadTarget response, CallOptions options) {
  Context own = context.child();
  const auto begin = [&](CallDone done) {
    start(own, service, method, request, response, std::move(done), std::move(options));
  };
  bool gaveUp = false;
  Status status = waitFor(begin, [&] {
    gaveUp = true;
    own.cancel();  // nothing is written into `response` afterwards
  });
  if (!gaveUp) return status;
  return std::move(status).withContext("client: call " + std::string(service) + " " +
                                       std::string(method));
}

// --- publishing

Status Client::Impl::preparePublication(PreparedCall& prepared, std::string_view topic,
                                        PayloadSource event, PublishOptions options) {
  used_ = true;
  prepared.topic = topic;
  prepared.contentType =
      options.contentType.empty() ? shared_.options.contentType : std::move(options.contentType);
  if (prepared.byGrpc()) prepared.contentType = detail::kDefaultContentType;  // gRPC has no topics
  prepared.codec = codecs_.codecFor(prepared.contentType);
  if (!broker_) return Status::invalid("the client was made without a broker");
  if (!prepared.codec) {
    return Status::invalid("no codec for content type \"" + prepared.contentType + "\"");
  }
  return prepared.codec->marshal(event, prepared.body);
}

Client::Impl::Prepared Client::Impl::publish(const Context& context, std::string_view topic,
                                             PayloadSource event, std::function<void(Status)> done,
                                             PublishOptions options) {
  if (!done) done = [](const Status&) {};
  auto prepared = std::make_shared<PreparedCall>();
  Status status = preparePublication(*prepared, topic, event, std::move(options));
  if (!status.ok()) {
    status =
        std::move(status).withContext("client: publish to " + std::string(topic)).withId(kClientId);
    laterTurn([done = unlessAbandoned(prepared, std::move(done)), status = std::move(status)] {
      done(status);
    });
    return prepared;
  }
  const auto target = [this, prepared](const Context& own, CallDone end) {
    handOver(prepared, own, std::move(end));
  };
  if (wrappers_->empty()) {
    target(context, std::move(done));
    return prepared;
  }
  prepared->wrapped = true;
  done = unlessAbandoned(prepared, std::move(done));
  run(prepared, context, target, std::move(done), "publication");
  return prepared;
}

void Client::Impl::handOver(const Prepared& prepared, const Context& context, CallDone done) {
  if (context.done()) {
    laterTurn([prepared, done = std::move(done), status = context.status().withId(kClientId)] {
      if (!prepared->abandoned || prepared->wrapped) done(status);
    });
    return;
  }
  BrokerMessage message;
  Metadata headers;
  detail::messageHeaders(shared_.options, prepared->contentType, context, headers);
  for (const Metadata::Entry& entry : headers) {
    message.header.emplace(entry.name, entry.value);
  }
  message.body = prepared->body.toString();
  broker_->publish(
      prepared->topic, std::move(message),
      lifetime_.guard([prepared, done = std::move(done)](Result<PublishResult> result) {
        if (prepared->abandoned && !prepared->wrapped) return;
        done((result.ok() ? result->status() : std::move(result).status()).withId(kClientId));
      }));
}

Status Client::Impl::waitPublish(const Context& context, std::string_view topic,
                                 PayloadSource event, PublishOptions options) {
  const auto begin = [&](CallDone done) {
    publish(context, topic, event, std::move(done), std::move(options));
  };
  return waitFor(begin, [] {});
}

Client::Client(EventLoop& loop, Transport& transport, Selector& selector, ClientOptions options)
    : impl_(std::make_unique<Impl>(loop, transport, selector, nullptr, std::move(options))) {}
Client::Client(EventLoop& loop, Transport& transport, Selector& selector, Broker& broker,
               ClientOptions options)
    : impl_(std::make_unique<Impl>(loop, transport, selector, &broker, std::move(options))) {}
Client::~Client() = default;

std::shared_ptr<detail::Abandonable> Client::start(const Context& context, std::string_view service,
                                                   std::string_view method, PayloadSource request,
                                                   PayloadTarget response,
                                                   std::function<void(Status)> done,
                                                   CallOptions options) {
  return impl_->start(context, service, method, request, response, std::move(done),
                      std::move(options));
}
Status Client::wait(const Context& context, std::string_view service, std::string_view method,
                    PayloadSource request, PayloadTarget response, CallOptions options) {
  return impl_->wait(context, service, method, request, response, std::move(options));
}
std::unique_ptr<detail::StreamEnd> Client::open(const Context& context, std::string_view service,
                                                std::string_view method, PayloadSource opening,
                                                CallOptions options) {
  return impl_->open(context, service, method, opening, std::move(options));
}
std::shared_ptr<detail::Abandonable> Client::startPublish(const Context& context,
                                                          std::string_view topic,
                                                          PayloadSource event,
                                                          std::function<void(Status)> done,
                                                          PublishOptions options) {
  return impl_->publish(context, topic, event, std::move(done), std::move(options));
}
Status Client::waitPublish(const Context& context, std::string_view topic, PayloadSource event,
                           PublishOptions options) {
  return impl_->waitPublish(context, topic, event, std::move(options));
}
void Client::wrap(Wrapper wrapper) { impl_->wrap(std::move(wrapper)); }
const ClientOptions& Client::options() const noexcept { return impl_->options(); }
ClientStats Client::stats() const noexcept { return impl_->stats(); }
OutlierStats Client::outlierStats() const noexcept { return impl_->outlierStats(); }

}  // namespace evmicro
