#include "broker/outbox.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "broker/inbox.h"
#include "broker/message_json.h"

namespace evmicro::detail {

namespace {

constexpr std::size_t kUnreachedMembers = 3;

bool isBroadcast(const ServiceSnapshot::Entry& entry) {
  return entry.version->version == kBroadcastVersion;
}

// Whether a queue's member with the link `a` is a better choice. Null: no link yet, so nothing is
// queued for it and it has not failed.
bool goesBefore(const NodeLink* a, const NodeLink* b) {
  const auto rank = [](const NodeLink* link) {
    return link ? std::make_tuple(link->suspect(), link->waiting(), link->lastChosen)
                : std::make_tuple(false, std::size_t{0}, std::uint64_t{0});
  };
  return rank(a) < rank(b);
}

}  // namespace

Outbox::Outbox(EventLoop& loop, ServiceView& view, const HttpBrokerOptions& options,
               BrokerStats& stats)
    : loop_(loop), view_(view), options_(options), stats_(stats), dialler_(loop) {}

Outbox::~Outbox() = default;

void Outbox::publish(std::string_view topic, const BrokerMessage& message, Broker::Published done) {
  auto publication = std::make_shared<Publication>();
  publication->topic = topic;
  publication->json = writeMessageJson(topic, message);
  publication->done = std::move(done);
  ++open_;
  const bool lookingUp = lookUps_.find(topic) != lookUps_.end();
  const auto known = lookingUp ? nullptr : view_.known(topicService(topic));
  if (!known) {
    lookUp(publication);
    return;
  }
  send(*known, publication);
  settle(publication);
}

void Outbox::refuse(Status why, Broker::Published done) {
  ++stats_.failed;
  auto publication = std::make_shared<Publication>();
  publication->done = std::move(done);
  publication->problem = std::move(why);
  ++open_;
  settle(publication);
}

// --- finding subscriptions

void Outbox::lookUp(const PublicationPtr& publication) {
  LookUp& one = lookUps_[publication->topic];
  if (one.waiting.size() >= options_.queueMessages) {
    ++stats_.dropped;
    publication->problem = Status::overloaded("broker: publish to " + publication->topic +
                                              ": too many messages wait for its subscriptions to "
                                              "be looked up");
    settle(publication);
    return;
  }
  one.waiting.push_back(publication);
  if (one.waiting.size() > 1) return;
  one.call = view_.get(topicService(publication->topic),
                       [this, topic = publication->topic](Result<ServiceView::Snapshot> result) {
                         found(topic, std::move(result));
                       });
}

void Outbox::found(std::string topic, Result<ServiceView::Snapshot> result) {
  const auto lookUp = lookUps_.extract(topic);
  for (const PublicationPtr& publication : lookUp.mapped().waiting) {
    if (result.ok()) {
      send(**result, publication);
    } else if (result.status().kind() != ErrorKind::kNotFound) {  // nobody subscribes
      ++stats_.failed;
      publication->problem = result.status().withContext("broker: publish to " + topic);
    }
    settle(publication);
  }
}

// Sends to every broadcast subscription and to one member of each queue. The entries are sorted by
// version, so the members of a queue are adjacent.
void Outbox::send(const ServiceSnapshot& subscriptions, const PublicationPtr& publication) {
  const std::string* queue = nullptr;
  for (const ServiceSnapshot::Entry& entry : subscriptions.nodes) {
    if (isBroadcast(entry)) {
      push(*entry.node, {publication, {}, {}});
    } else if (!queue || *queue != entry.version->version) {
      queue = &entry.version->version;
      const Delivery delivery{publication, *queue, {}};
      push(*chooseMember(subscriptions, delivery), delivery);
    }
  }
}

// The member with the shortest queue; among equals, the least recently chosen.
const Node* Outbox::chooseMember(const ServiceSnapshot& subscriptions,
                                 const Delivery& delivery) const {
  const Node* best = nullptr;
  const NodeLink* bestLink = nullptr;
  for (const ServiceSnapshot::Entry& entry : subscriptions.nodes) {
    if (entry.version->version != delivery.queue) continue;
    const auto& tried = delivery.tried;
    if (std::find(tried.begin(), tried.end(), entry.node->id) != tried.end()) continue;
    const NodeLink* const link = knownLink(*entry.node);
    if (best && !goesBefore(link, bestLink)) continue;
    best = entry.node;
    bestLink = link;
  }
  return best;
}

const NodeLink* Outbox::knownLink(const Node& node) const {
  const auto found = links_.find(node.id);
  return found == links_.end() ? nullptr : found->second.get();
}

NodeLink& Outbox::linkTo(const Node& node) {
  auto& link = links_[node.id];
  if (link) {
    link->moveTo(node);
  } else {
    NodeLink::Observer& observer = *this;
    link = std::make_unique<NodeLink>(loop_, dialler_, options_, node, observer);
  }
  return *link;
}

void Outbox::push(const Node& node, Delivery delivery) {
  const PublicationPtr publication = delivery.publication;
  NodeLink& link = linkTo(node);
  link.lastChosen = ++choices_;
  ++publication->owed;
  if (link.push(std::move(delivery))) return;
  ++stats_.dropped;
  if (publication->done) publication->result.dropped.push_back(node.id);
  settle(publication);
}

// --- results

void Outbox::onDelivered(NodeLink& link, Delivery delivery) {
  ++stats_.delivered;
  Publication& publication = *delivery.publication;
  if (publication.done) publication.result.delivered.push_back(link.id());
  settle(delivery.publication);
}

void Outbox::onFailed(NodeLink& link, Delivery delivery, Status why) {
  if (tryAgain(delivery, link, why)) return;
  ++stats_.failed;
  Publication& publication = *delivery.publication;
  if (publication.done) publication.result.failed.push_back({link.id(), std::move(why)});
  settle(delivery.publication);
}

// Another member of the queue can get a message that this one has not received.
bool Outbox::tryAgain(Delivery& delivery, const NodeLink& link, const Status& why) {
  if (delivery.queue.empty() || why.kind() != ErrorKind::kUnavailable) return false;
  delivery.tried.push_back(link.id());
  if (delivery.tried.size() >= kUnreachedMembers) return false;
  const auto subscriptions = view_.known(topicService(delivery.publication->topic));
  const Node* const member = subscriptions ? chooseMember(*subscriptions, delivery) : nullptr;
  if (!member) return false;
  const PublicationPtr publication = delivery.publication;
  push(*member, std::move(delivery));
  settle(publication);
  return true;
}

void Outbox::onIdle(NodeLink& link) {
  const auto found = links_.find(link.id());
  loop_.deleteLater(std::move(found->second));
  links_.erase(found);
}

void Outbox::settle(const PublicationPtr& publication) {
  if (--publication->owed > 0) return;
  if (publication->done) {
    ended_.push_back(publication);
    tellLater();
  } else if (--open_ == 0 && !whenIdle_.empty()) {
    tellLater();
  }
}

void Outbox::whenIdle(std::function<void()> idle) {
  whenIdle_.push_back(std::move(idle));
  if (open_ == 0) tellLater();
}

void Outbox::tellLater() {
  if (std::exchange(willTell_, true)) return;
  telling_ = loop_.defer([this] { tellEnded(); });
}

// The only place where publishers are called. Publications that end meanwhile are reported in
// another turn.
void Outbox::tellEnded() {
  willTell_ = false;
  const auto alive = lifetime_.watch();
  for (std::size_t left = ended_.size(); left > 0; --left) {
    const PublicationPtr publication = std::move(ended_.front());
    ended_.pop_front();
    --open_;
    if (publication->problem) {
      publication->done(std::move(*publication->problem));
    } else {
      publication->done(std::move(publication->result));
    }
    if (alive.expired()) return;
  }
  if (open_ == 0) tellIdle();
}

// May destroy this object.
void Outbox::tellIdle() { tellAll(std::exchange(whenIdle_, {}), lifetime_.watch()); }

}  // namespace evmicro::detail
