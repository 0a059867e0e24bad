#include <evmicro/nats_broker.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include <evmicro/event_loop.h>
#include <evmicro/lifetime.h>
#include <evmicro/timer.h>

#include "base/counted.h"
#include "base/log.h"
#include "base/log_limiter.h"
#include "broker/message_json.h"
#include "broker/nats_library.h"
#include "broker/nats_link.h"
#include "broker/nats_names.h"
#include "broker/nats_servers.h"
#include "broker/subscription_token.h"

namespace evmicro {

namespace {

using detail::NatsLink;

// Maximum of messages sent but not confirmed, which a broken connection can lose.
constexpr std::size_t kWindow = 4'096;

// A subscription. Owned by the broker, while it exists, and by the user's token.
struct NatsSubscriber {
  std::uint64_t number = 0;
  std::string topic;
  Broker::Handler handler;
  std::function<void()> ready;
  std::uint64_t echo = 0;  // confirms the subscription
  bool there = false;
};

// A message in progress.
struct NatsPublication {
  std::string subject;
  std::string data;
  Broker::Published done;
  std::size_t size = 0;
  std::uint64_t number = 0;
  std::uint64_t echo = 0;  // confirms the message
  Status refused;
  EventLoop::Clock::time_point deadline;  // counted from publish()
};

class NatsBroker final : public Broker, private NatsLink::Observer {
 public:
  NatsBroker(EventLoop& loop, NatsBrokerOptions options)
      : loop_(loop),
        options_(std::move(options)),
        overdue_(loop, [this] { onOverdue(); }),
        serverLimit_(loop, [this] { onServerSilent(); }) {}

  std::string_view name() const override { return "nats"; }
  std::string address() const override { return server_; }
  Result<Subscription> subscribe(std::string_view topic, Handler handler,
                                 SubscribeOptions options) override;
  void publish(std::string_view topic, BrokerMessage message, Published done) override;
  void withdraw(std::function<void()> done) override;
  void stop(std::function<void()> done) override;
  void onFailure(std::function<void(Status)>) override {}  // it never stops reconnecting
  const BrokerStats& stats() const noexcept override { return stats_; }

  void end(const std::shared_ptr<NatsSubscriber>& subscriber);

 private:
  using Token = detail::SubscriptionToken<NatsBroker, NatsSubscriber>;
  using Notices = std::vector<std::function<void()>>;
  struct Waiting {
    std::uint64_t echo;
    std::function<void()> done;
  };

  Status connect();
  void later(std::function<void()> work);
  void refuse(Published done, Status why);
  void drop(Published done);
  void pump();
  void askForEcho();
  void sendEcho();
  void watchOverdue();
  void onOverdue();
  Notices failOverdue(std::deque<NatsPublication>& publications, const Status& why);
  void onServerSilent();
  Notices fail(std::deque<NatsPublication> publications, const Status& why);
  void tell(Notices notices);
  void settle();
  void finishStop();

  void onConnected(const std::string& server) override;
  void onDisconnected(const std::string& why) override;
  void onMessage(std::uint64_t subscription, const std::string& subject,
                 const std::string& data) override;
  void onEcho(std::uint64_t number) override;
  void onRefused(std::uint64_t publication, const std::string& why) override;
  void onError(const std::string& what) override;
  void onEnded() override { finishStop(); }
  void onLost(std::size_t count) override;

  EventLoop& loop_;
  const NatsBrokerOptions options_;
  std::map<std::uint64_t, std::shared_ptr<NatsSubscriber>> subscribers_;
  std::uint64_t lastSubscription_ = 0;
  std::deque<NatsPublication> queue_;  // not sent; their deadlines are after those of sent_
  std::size_t queueBytes_ = 0;
  std::deque<NatsPublication> sent_;  // waiting for their echo
  std::uint64_t lastPublication_ = 0;
  std::uint64_t nextEcho_ = 1;  // follows everything that has been passed to the link
  bool echoDue_ = false;
  std::string server_;  // empty: no connection
  std::string whyNoServer_ = "none reached yet";
  bool withdrawn_ = false;
  bool stopped_ = false;
  bool closing_ = false;
  std::vector<Waiting> withdrawals_;
  std::vector<std::function<void()>> stops_;
  detail::LogLimiter away_;
  detail::LogLimiter dropping_;
  detail::LogLimiter refusing_;
  BrokerStats stats_;
  std::unique_ptr<NatsLink> link_;
  Timer overdue_;      // for the earliest deadline
  Timer serverLimit_;  // while withdraw() or stop() waits for the server
  Call echoing_;
  Lifetime lifetime_;
};

Status NatsBroker::connect() {
  if (link_) return {};
  auto servers = detail::readNatsServers(options_.addresses);
  if (!servers.ok()) return std::move(servers).status();
  Status problem = detail::checkNatsCredentials(options_.credentials, options_.tls);
  if (!problem.ok()) return problem;
  if (const Status loaded = detail::loadNats(); !loaded.ok()) {
    return Status::internal("broker: nats: " + loaded.detail());
  }
  servers->credentials = options_.credentials;
  servers->tls = options_.tls;
  NatsLink::Observer& self = *this;
  link_ = std::make_unique<NatsLink>(
      loop_, NatsLink::Options{std::move(*servers), options_.inboxMessages, options_.inboxBytes},
      self);
  return {};
}

void NatsBroker::later(std::function<void()> work) { loop_.post(lifetime_.guard(std::move(work))); }

Result<Subscription> NatsBroker::subscribe(std::string_view topic, Handler handler,
                                           SubscribeOptions options) {
  if (topic.empty()) return Status::invalid("broker: subscribe: a topic needs a name");
  if (!handler) return Status::invalid("broker: subscribe: a subscription needs a handler");
  if (withdrawn_) return Status::invalid("broker: subscribe: the broker has been stopped");
  if (!detail::natsQueueName(options.queue)) {
    return Status::invalid("broker: subscribe: queue \"" + options.queue +
                           "\": NATS allows no blanks in the name of a queue");
  }
  if (Status problem = connect(); !problem.ok()) return problem;
  auto subscriber = std::make_shared<NatsSubscriber>();
  subscriber->number = ++lastSubscription_;
  subscriber->topic = topic;
  subscriber->handler = std::move(handler);
  subscriber->ready = std::move(options.ready);
  subscriber->echo = nextEcho_;
  subscribers_.emplace(subscriber->number, subscriber);
  link_->subscribe(subscriber->number, detail::natsPattern(topic), std::move(options.queue));
  askForEcho();
  return Subscription(std::make_shared<Token>(*this, lifetime_.watch(), std::move(subscriber)));
}

void NatsBroker::end(const std::shared_ptr<NatsSubscriber>& subscriber) {
  if (subscribers_.erase(subscriber->number) == 0) return;
  if (link_) link_->unsubscribe(subscriber->number);
}

void NatsBroker::refuse(Published done, Status why) {
  ++stats_.failed;
  if (!done) return;
  later([done = std::move(done), why = std::move(why)] { done(why); });
}

void NatsBroker::drop(Published done) {
  ++stats_.dropped;
  if (dropping_.occurred()) {
    EVMICRO_LOG_WARN("broker",
                     "NATS accepts no messages: " << queue_.size() << " queued, more are dropped");
  }
  if (!done) return;
  PublishResult result;
  result.dropped.emplace_back("nats");
  later([done = std::move(done), result = std::move(result)] { done(result); });
}

void NatsBroker::publish(std::string_view topic, BrokerMessage message, Published done) {
  ++stats_.published;
  if (topic.empty()) {
    return refuse(std::move(done), Status::invalid("broker: publish: a topic needs a name"));
  }
  if (stopped_) {
    return refuse(std::move(done), Status::invalid("broker: publish: the broker has been stopped"));
  }
  if (Status problem = connect(); !problem.ok()) {
    return refuse(std::move(done), std::move(problem));
  }
  NatsPublication publication;
  publication.subject = detail::natsSubject(topic);
  publication.data = detail::writeMessageJson(topic, message);
  publication.size = publication.data.size();
  if (queue_.size() >= options_.queueMessages ||
      queueBytes_ + publication.size > options_.queueBytes) {
    return drop(std::move(done));
  }
  publication.done = std::move(done);
  publication.deadline = EventLoop::now() + options_.timeout;
  queueBytes_ += publication.size;
  queue_.push_back(std::move(publication));
  pump();
  watchOverdue();
}

// Passes messages to the link, up to the limit of unconfirmed ones.
void NatsBroker::pump() {
  if (server_.empty() || queue_.empty()) return;
  while (!queue_.empty() && sent_.size() < kWindow) {
    NatsPublication& next = queue_.front();
    queueBytes_ -= next.size;
    next.number = ++lastPublication_;
    next.echo = nextEcho_;
    link_->publish(next.number, std::move(next.subject), std::move(next.data));
    sent_.push_back(std::move(next));
    queue_.pop_front();
  }
  askForEcho();
}

// One echo for everything passed on in a turn.
void NatsBroker::askForEcho() {
  if (server_.empty() || std::exchange(echoDue_, true)) return;
  echoing_ = loop_.defer([this] { sendEcho(); });
}

void NatsBroker::sendEcho() {
  echoDue_ = false;
  link_->echo(nextEcho_++);
}

void NatsBroker::watchOverdue() {
  if (overdue_.running() || (sent_.empty() && queue_.empty())) return;
  const NatsPublication& first = sent_.empty() ? queue_.front() : sent_.front();
  overdue_.start(first.deadline - EventLoop::now());
}

void NatsBroker::onOverdue() {
  const std::string within = " within " + std::to_string(options_.timeout.count()) + "ms";
  Notices notices = failOverdue(sent_, Status::timeout("not confirmed" + within));
  Notices unsent = failOverdue(
      queue_, Status::unavailable(server_.empty()
                                      ? "no connection to a server" + within + ": " + whyNoServer_
                                      : "not sent" + within + ": the server is too slow"));
  notices.insert(notices.end(), std::make_move_iterator(unsent.begin()),
                 std::make_move_iterator(unsent.end()));
  pump();
  watchOverdue();
  tell(std::move(notices));
}

NatsBroker::Notices NatsBroker::failOverdue(std::deque<NatsPublication>& publications,
                                            const Status& why) {
  std::deque<NatsPublication> late;
  while (!publications.empty() && publications.front().deadline <= EventLoop::now()) {
    if (&publications == &queue_) queueBytes_ -= publications.front().size;
    late.push_back(std::move(publications.front()));
    publications.pop_front();
  }
  return fail(std::move(late), why);
}

NatsBroker::Notices NatsBroker::fail(std::deque<NatsPublication> publications, const Status& why) {
  Notices notices;
  const std::string node = server_.empty() ? "nats" : server_;
  for (NatsPublication& publication : publications) {
    ++stats_.failed;
    if (!publication.done) continue;
    PublishResult result;
    result.failed.push_back({node, why});
    notices.emplace_back(
        [done = std::move(publication.done), result = std::move(result)] { done(result); });
  }
  return notices;
}

// Calls out, then checks whether stop() is complete. May destroy this object.
void NatsBroker::tell(Notices notices) {
  const auto alive = lifetime_.watch();
  detail::tellAll(notices, alive);
  if (!alive.expired()) settle();
}

void NatsBroker::onConnected(const std::string& server) {
  if (!server_.empty()) return;
  server_ = server;
  away_.recovered();
  refusing_.recovered();
  EVMICRO_LOG_INFO("broker", "Connected to NATS at " << server);
  for (auto& [number, subscriber] : subscribers_) {
    if (!subscriber->there) subscriber->echo = nextEcho_;
  }
  askForEcho();
  pump();
}

void NatsBroker::onDisconnected(const std::string& why) {
  if (!closing_ && away_.occurred()) EVMICRO_LOG_WARN("broker", "No connection to NATS: " << why);
  server_.clear();
  whyNoServer_ = why;
  overdue_.stop();
  echoing_.cancel();
  echoDue_ = false;
  Notices notices = fail(std::exchange(sent_, {}), Status::internal("connection lost: " + why));
  // The server drops all subscriptions of a connection.
  for (Waiting& waiting : std::exchange(withdrawals_, {})) {
    notices.push_back(std::move(waiting.done));
  }
  watchOverdue();
  tell(std::move(notices));
}

void NatsBroker::onEcho(std::uint64_t number) {
  Notices notices;
  for (; !sent_.empty() && sent_.front().echo <= number; sent_.pop_front()) {
    NatsPublication& publication = sent_.front();
    PublishResult result;
    if (publication.refused.ok()) {
      ++stats_.delivered;
      result.delivered.push_back(server_);
    } else {
      ++stats_.failed;
      result.failed.push_back({server_, std::move(publication.refused)});
    }
    if (!publication.done) continue;
    notices.emplace_back(
        [done = std::move(publication.done), result = std::move(result)] { done(result); });
  }
  for (auto& [id, subscriber] : subscribers_) {
    if (subscriber->there || subscriber->echo > number) continue;
    subscriber->there = true;
    EVMICRO_LOG_INFO("broker", "Subscribed to " << subscriber->topic << " at NATS " << server_);
    if (!subscriber->ready) continue;
    // It may end before the callback runs.
    notices.emplace_back([this, subscription = id, ready = std::move(subscriber->ready)] {
      if (subscribers_.count(subscription) > 0) ready();
    });
  }
  for (Waiting& waiting : withdrawals_) {
    if (waiting.echo <= number) notices.push_back(std::exchange(waiting.done, nullptr));
  }
  withdrawals_.erase(std::remove_if(withdrawals_.begin(), withdrawals_.end(),
                                    [](const Waiting& waiting) { return !waiting.done; }),
                     withdrawals_.end());
  if (dropping_.recovered()) EVMICRO_LOG_INFO("broker", "NATS accepts messages again");
  overdue_.stop();
  pump();
  watchOverdue();
  tell(std::move(notices));
}

void NatsBroker::onMessage(std::uint64_t subscription, const std::string& subject,
                           const std::string& data) {
  const auto place = subscribers_.find(subscription);
  if (place == subscribers_.end()) return;
  const auto subscriber = place->second;  // may outlive the subscription
  Result<detail::TopicMessage> message = detail::readMessageJson(data);
  if (!message.ok()) {
    EVMICRO_LOG_DEBUG("broker", "NATS: message to " << subscriber->topic << " was dropped: "
                                                    << message.status().detail());
    return;
  }
  ++stats_.received;
  const std::string& topic = subscriber->topic;
  subscriber->handler(subject.empty() ? topic : detail::natsTopic(subject), message->message);
}

void NatsBroker::onError(const std::string& what) {
  if (refusing_.occurred()) EVMICRO_LOG_WARN("broker", "NATS: " << what);
}

void NatsBroker::onRefused(std::uint64_t publication, const std::string& why) {
  // The numbers are consecutive.
  if (sent_.empty() || publication < sent_.front().number) return;
  const std::uint64_t at = publication - sent_.front().number;
  if (at < sent_.size()) sent_[at].refused = Status::invalid(why);
}

void NatsBroker::onLost(std::size_t count) {
  EVMICRO_LOG_DEBUG(
      "broker", "NATS: the inbox was full: " << detail::counted(count, "message") << " dropped");
}

void NatsBroker::withdraw(std::function<void()> done) {
  withdrawn_ = true;
  if (link_) {
    for (const auto& [number, subscriber] : subscribers_) link_->drain(number);
  }
  if (server_.empty()) {
    if (done) later(std::move(done));
    return;
  }
  withdrawals_.push_back({nextEcho_, std::move(done)});
  askForEcho();
  if (!serverLimit_.running()) serverLimit_.start(options_.drain);
}

void NatsBroker::stop(std::function<void()> done) {
  stops_.push_back(std::move(done));
  if (std::exchange(stopped_, true)) return later([this] { settle(); });
  serverLimit_.start(options_.drain);
  withdraw([this] { settle(); });
}

// The time for the server is over: unconfirmed messages have failed.
void NatsBroker::onServerSilent() {
  Notices notices;
  for (Waiting& waiting : std::exchange(withdrawals_, {})) {
    notices.push_back(std::move(waiting.done));
  }
  if (stopped_) {
    Notices failed = fail(std::exchange(sent_, {}),
                          Status::timeout("not confirmed before the broker was stopped"));
    notices.insert(notices.end(), std::make_move_iterator(failed.begin()),
                   std::make_move_iterator(failed.end()));
  }
  const auto alive = lifetime_.watch();
  tell(std::move(notices));
  if (!alive.expired() && stopped_) finishStop();
}

// Completes stop() once nothing is in progress. May destroy this object.
void NatsBroker::settle() {
  if (!stopped_ || stops_.empty() || !withdrawals_.empty() || !sent_.empty()) return;
  if (!queue_.empty() && serverLimit_.running()) return;
  if (!link_) return finishStop();
  if (!std::exchange(closing_, true)) link_->close();
}

void NatsBroker::finishStop() {
  link_.reset();  // its thread may still be waiting for the server
  serverLimit_.stop();
  overdue_.stop();
  server_.clear();
  const auto ended = std::exchange(subscribers_, {});
  queueBytes_ = 0;
  Notices notices = fail(std::exchange(queue_, {}),
                         Status::unavailable("no connection to a server: " + whyNoServer_));
  for (auto& done : std::exchange(stops_, {})) notices.push_back(std::move(done));
  tell(std::move(notices));
}

}  // namespace

bool haveNatsBroker() noexcept { return true; }

std::unique_ptr<Broker> makeNatsBroker(EventLoop& loop, NatsBrokerOptions options) {
  return std::make_unique<NatsBroker>(loop, std::move(options));
}

}  // namespace evmicro
