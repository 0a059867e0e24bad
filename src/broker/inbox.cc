#include "broker/inbox.h"

#include <utility>

#include "base/log.h"
#include "base/uuid.h"
#include "broker/message_json.h"
#include "http/url.h"

namespace evmicro::detail {

namespace {

constexpr std::string_view kPath = "/_sub";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

const HttpExchange::Headers kTextHeaders = {{"Content-Type", "text/plain; charset=utf-8"}};

HttpServerOptions serverOptions(const HttpBrokerOptions& broker) {
  HttpServerOptions options = httpServerOptions(broker.limits);
  options.tls = broker.serverTls;
  return options;
}

// go-micro's errors.Error, its answer to an invalid request.
std::string errorText(int code, std::string detail) {
  return Status::error(code, "go.micro.broker", std::move(detail)).toWire();
}

void refuse(HttpExchange& exchange, std::string detail) {
  EVMICRO_LOG_DEBUG("broker",
                    "refused a message from " << exchange.peerAddress() << ": " << detail);
  exchange.reply(500, kTextHeaders, errorText(500, std::move(detail)));
}

// Go's server consumes a form's body before the broker sees it.
bool isForm(HttpExchange& exchange) {
  const auto type = exchange.message().headers.get("Content-Type");
  return type && type->substr(0, kFormType.size()) == kFormType;
}

}  // namespace

struct Inbox::Subscriber {
  std::string id;
  std::string topic;
  std::string queue;
  std::shared_ptr<const Broker::Handler> handler;  // the running handler is a second owner
  std::function<void()> ready;
};

Inbox::Inbox(EventLoop& loop, Registry& registry, const HttpBrokerOptions& options,
             BrokerStats& stats)
    : loop_(loop),
      registry_(registry),
      options_(options),
      stats_(stats),
      idPrefix_("broker-" + makeUuid() + ".") {}

Inbox::~Inbox() = default;

std::string Inbox::address() const { return server_ ? server_->address() : std::string(); }

Status Inbox::open() {
  if (server_) return {};
  HttpServer::Observer& observer = *this;
  auto server = HttpServer::open(loop_, options_.address, serverOptions(options_), observer);
  if (!server.ok()) return std::move(server).status().withContext("broker");
  auto advertised = advertisedAddress((*server)->address(), options_.advertise, registry_.address(),
                                      "--broker_advertise");
  if (!advertised.ok()) return std::move(advertised).status();
  server_ = std::move(*server);
  advertised_ = std::move(*advertised);
  EVMICRO_LOG_INFO("broker", "Broker Listening on " << server_->address());
  return {};
}

// --- subscriptions

Result<Subscription> Inbox::subscribe(std::string_view topic, Broker::Handler handler,
                                      SubscribeOptions options) {
  if (topic.empty()) return Status::invalid("broker: subscribe: a topic needs a name");
  if (!handler) return Status::invalid("broker: subscribe: a subscription needs a handler");
  if (withdrawing_) return Status::invalid("broker: subscribe: the broker has been stopped");
  if (Status status = open(); !status.ok()) return status;
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->id = idPrefix_ + makeUuid();
  subscriber->topic = topic;
  subscriber->queue = std::move(options.queue);
  subscriber->handler = std::make_shared<const Broker::Handler>(std::move(handler));
  subscriber->ready = std::move(options.ready);
  listening_[subscriber->id] = subscriber;
  auto& registrar = registered_[subscriber->id].registrar;
  registrar = std::make_unique<Registrar>(
      loop_, registry_,
      Registrar::Options{options_.registerTtl, options_.registerInterval, "subscription"});
  const std::weak_ptr<Subscriber> watch = subscriber;
  registrar->start(describe(*subscriber), [watch] {
    const auto alive = watch.lock();
    const auto ready = alive ? std::exchange(alive->ready, nullptr) : nullptr;
    if (ready) ready();  // may destroy the broker
  });
  return Subscription(std::make_shared<Token>(*this, lifetime_.watch(), std::move(subscriber)));
}

ServiceInfo Inbox::describe(const Subscriber& subscriber) const {
  ServiceInfo service;
  service.name = topicService(subscriber.topic);
  service.version = subscriber.queue.empty() ? kBroadcastVersion : subscriber.queue;
  Node node;
  node.id = subscriber.id;
  node.address = advertised_.host;
  node.port = static_cast<std::uint16_t>(advertised_.port);
  node.metadata = {{"secure", options_.serverTls ? "true" : "false"}};
  service.nodes.push_back(std::move(node));
  return service;
}

// The handler and its captures are destroyed last: they may call this inbox.
void Inbox::end(const std::shared_ptr<Subscriber>& subscriber) {
  const auto handler = std::move(subscriber->handler);
  const auto ready = std::move(subscriber->ready);
  listening_.erase(subscriber->id);
  takeBack(subscriber->id);
}

void Inbox::takeBack(const std::string& id) {
  const auto found = registered_.find(id);
  if (found == registered_.end() || std::exchange(found->second.leaving, true)) return;
  found->second.registrar->stop([this, id] { forget(id); });
}

void Inbox::forget(const std::string& id) {
  const auto found = registered_.find(id);
  loop_.deleteLater(std::move(found->second.registrar));  // it is on the stack
  registered_.erase(found);
  if (withdrawing_ && registered_.empty()) finishWithdrawal();
}

void Inbox::withdraw(std::function<void()> done) {
  withdrawing_ = true;
  whenWithdrawn_.push_back(std::move(done));
  if (registered_.empty()) withdrawn_ = loop_.defer([this] { finishWithdrawal(); });
  for (const auto& [id, registration] : registered_) takeBack(id);
}

void Inbox::finishWithdrawal() { tellAll(std::exchange(whenWithdrawn_, {}), lifetime_.watch()); }

void Inbox::close() {
  server_.reset();
  const auto ended = std::exchange(listening_, {});
  const auto alive = lifetime_.watch();
  for (const auto& [id, subscriber] : ended) {
    if (!alive.expired()) end(subscriber);
  }
}

// --- messages

void Inbox::onRequest(HttpExchange exchange) {
  if (exchange.path() != kPath) {
    exchange.reply(404, kTextHeaders, "404 page not found\n");
  } else if (exchange.method() != "POST") {
    HttpExchange::Headers headers = kTextHeaders;
    headers.emplace_back("Allow", "POST");
    exchange.reply(405, headers, errorText(400, "Method not allowed") + "\n");
  } else {
    receive(std::move(exchange));
  }
}

void Inbox::receive(HttpExchange exchange) {
  const std::string unreadable = "Error parsing request body: ";
  if (isForm(exchange)) {
    refuse(exchange, unreadable + "it was sent as a form: use Content-Type: application/json");
    return;
  }
  auto read = readMessageJson(exchange.message().body.contiguous());
  if (!read.ok()) {
    refuse(exchange, unreadable + read.status().detail());
    return;
  }
  if (read->topic.empty()) {
    refuse(exchange, "Topic not found");
    return;
  }
  const auto query = UrlQuery::parse(exchange.query());
  const auto found = listening_.find(query ? query->get("id") : std::string());
  const bool ours = found != listening_.end() && found->second->topic == read->topic;
  const auto handler = ours ? found->second->handler : nullptr;
  exchange.reply(200, {}, "");  // as in go-micro, even if the subscription has ended
  if (!handler) return;
  ++stats_.received;
  (*handler)(read->topic, read->message);  // may destroy this object: last
}

void Inbox::onServerFailure(Status why) {
  EVMICRO_LOG_ERROR("broker", "Listener failed: " << why.toString());
  const auto onFailure = std::exchange(onFailure_, nullptr);
  if (onFailure) onFailure(std::move(why));
}

}  // namespace evmicro::detail
