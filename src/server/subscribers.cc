#include "server/subscribers.h"

#include <exception>
#include <stdexcept>
#include <utility>

#include "base/log.h"

namespace evmicro::detail {

struct Subscribers::Subscriber {
  std::string topic;
  SubscriberOptions options;
  std::optional<Value> event;
  std::shared_ptr<const HandleEvent> handle;  // a second owner while it runs
  Burst failing;
};

// One message on its way through the wrappers: shared by the functions handed to them. When the
// last of these goes without an end, that is the end.
struct Subscribers::Event {
  Event(Subscribers& of, Subscriber& to, const Codec& codecOfIt, const BrokerMessage& message,
        std::string type, std::string idOfIt)
      : owner(of),
        alive(of.lifetime_.watch()),
        wrappers(of.shared_.wrappers),
        subscriber(to),
        handle(to.handle),
        codec(codecOfIt),
        body(message.body),
        contentType(std::move(type)),
        id(std::move(idOfIt)) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { end(Status::internal("a wrapper dropped the message")); }

  void end(const Status& status) {
    if (!std::exchange(ended, true) && !alive.expired()) owner.ended(subscriber, id, status);
  }

  static void start(const std::shared_ptr<Event>& event, const Context& context);
  static void step(const std::shared_ptr<Event>& event, std::size_t index, Context context,
                   const CallDone& done);

  Subscribers& owner;
  const Lifetime::Watch alive;
  const std::shared_ptr<const std::vector<Wrapper>> wrappers;
  Subscriber& subscriber;
  const std::shared_ptr<const HandleEvent> handle;
  const Codec& codec;
  const std::string body;
  const std::string contentType;
  const std::string id;
  bool invoked = false;
  bool ended = false;
};

// User code may throw; it must not cross libevent.
void Subscribers::Event::start(const std::shared_ptr<Event>& event, const Context& context) {
  try {
    step(event, 0, context, [event](const Status& status) { event->end(status); });
  } catch (const std::exception& error) {
    event->end(Status::internal(std::string("a wrapper threw: ") + error.what()));
  } catch (...) {
    event->end(Status::internal("a wrapper threw something unknown"));
  }
}

void Subscribers::Event::step(const std::shared_ptr<Event>& event, std::size_t index,
                              Context context, const CallDone& done) {
  if (event->alive.expired()) return;
  if (index == event->wrappers->size()) {
    if (std::exchange(event->invoked, true)) return;  // a wrapper has called next twice
    done(Subscribers::handle(*event->handle, event->codec, event->body, std::move(context)));
    return;
  }
  CallInfo info;
  info.service = event->owner.shared_.name;
  info.method = event->subscriber.options.name;
  info.contentType = event->contentType;
  info.topic = event->subscriber.topic;
  (*event->wrappers)[index](
      std::move(context), info,
      [event, index](Context next, const CallDone& nextDone) {
        step(event, index + 1, std::move(next), nextDone);
      },
      done);
}

Subscribers::Subscribers(ServerShared& shared, Broker* broker) : shared_(shared), broker_(broker) {}
Subscribers::~Subscribers() = default;

void Subscribers::add(std::string topic, std::optional<Value> event, SubscriberOptions options,
                      HandleEvent handle) {
  if (!broker_) throw std::logic_error("evmicro: a server without a broker cannot subscribe");
  if (topic.empty()) throw std::invalid_argument("evmicro: subscribe: a topic needs a name");
  subscribers_.push_back({std::move(topic),
                          std::move(options),
                          std::move(event),
                          std::make_shared<const HandleEvent>(std::move(handle)),
                          {}});
}

std::vector<Endpoint> Subscribers::endpoints() const {
  std::vector<Endpoint> result;
  for (const Subscriber& subscriber : subscribers_) {
    Endpoint endpoint;
    endpoint.name = subscriber.options.name;
    endpoint.request = subscriber.event;
    endpoint.metadata = {{"subscriber", "true"}, {"topic", subscriber.topic}};
    result.push_back(std::move(endpoint));
  }
  return result;
}

Status Subscribers::start(std::function<void()> ready) {
  ready_ = std::move(ready);
  awaited_ = subscribers_.size();
  for (Subscriber& subscriber : subscribers_) {
    SubscribeOptions options;
    options.queue = subscriber.options.queue;
    options.ready = [this] {
      if (--awaited_ == 0) std::exchange(ready_, nullptr)();  // may destroy this
    };
    auto token = broker_->subscribe(
        subscriber.topic,
        [this, &subscriber](std::string_view, const BrokerMessage& message) {
          receive(subscriber, message);
        },
        std::move(options));
    if (!token.ok()) {
      tokens_.clear();
      return std::move(token).status().withContext("server");
    }
    tokens_.push_back(std::move(*token));
  }
  return {};
}

void Subscribers::withdraw(std::function<void()> done) {
  broker_->withdraw(lifetime_.guard(std::move(done)));
}

void Subscribers::stop() { tokens_.clear(); }

void Subscribers::receive(Subscriber& subscriber, const BrokerMessage& message) {
  Context context;
  Metadata& metadata = context.metadata();
  for (const auto& [name, value] : message.header) metadata.set(name, value);
  const std::string contentType(metadata.get("Content-Type").value_or(""));
  metadata.remove("Content-Type");
  const std::string id(metadata.get("Id").value_or(""));
  const Codec* const codec = shared_.codecs.codecFor(contentType);
  if (!codec) {
    ended(subscriber, id, Status::invalid("no codec for content type \"" + contentType + "\""));
  } else if (!shared_.wrappers->empty()) {
    Event::start(std::make_shared<Event>(*this, subscriber, *codec, message, contentType, id),
                 context);
  } else {
    const auto alive = lifetime_.watch();
    const auto handler = subscriber.handle;
    const Status status = handle(*handler, *codec, message.body, std::move(context));
    if (!alive.expired()) ended(subscriber, id, status);
  }
}

// The other place where exceptions of handlers are caught, see ServerCall::start.
Status Subscribers::handle(const HandleEvent& handler, const Codec& codec, std::string_view body,
                           Context context) {
  const ReadEvent read = [&codec, body](PayloadTarget target) {
    Buffer content(body);
    return codec.unmarshal(content, target).withContext("cannot read the event");
  };
  try {
    return handler(context, read);
  } catch (const std::exception& error) {
    return Status::internal(std::string("the handler threw: ") + error.what());
  } catch (...) {
    return Status::internal("the handler threw something unknown");
  }
}

void Subscribers::ended(Subscriber& subscriber, const std::string& id, const Status& status) {
  const auto what = [&] {
    std::string text = "Subscriber " + subscriber.options.name + " of " + subscriber.topic;
    return id.empty() ? text : text + ", message " + id;
  };
  if (status.ok()) {
    ++stats_.handled;
    if (subscriber.failing.over()) EVMICRO_LOG_INFO("server", what() << ": handled again");
    return;
  }
  ++stats_.failed;
  if (subscriber.failing.worthALine()) {
    EVMICRO_LOG_WARN("server", what() << ": " << status.toString());
  } else {
    EVMICRO_LOG_DEBUG("server", what() << ": " << status.toString());
  }
}

}  // namespace evmicro::detail
