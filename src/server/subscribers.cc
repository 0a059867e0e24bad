#include "server/subscribers.h"

#include <stdexcept>
#include <utility>

#include "base/log.h"
#include "call/middleware.h"
#include "call/user_code.h"

namespace evmicro::detail {

struct Subscribers::Subscriber {
  std::string topic;
  SubscriberOptions options;
  std::optional<Value> event;
  std::shared_ptr<const HandleEvent> handle;  // a second owner while it runs
  LogLimiter failing;
};

// One message that passes through the wrappers. If they destroy the last of their functions before
// the message is handled, it has failed.
class Subscribers::Event final : public WrappedCall {
 public:
  Event(Subscribers& owner, Subscriber& subscriber, const Codec& codec, std::string body,
        std::string contentType, std::string id)
      : owner_(owner),
        alive_(owner.lifetime_.watch()),
        subscriber_(subscriber),
        handle_(subscriber.handle),
        codec_(codec),
        body_(std::move(body)),
        contentType_(std::move(contentType)),
        id_(std::move(id)) {}
  ~Event() override { end(Status::internal("a wrapper dropped the message")); }

  CallInfo info() const override {
    CallInfo info;
    info.service = owner_.handlers_.name;
    info.method = subscriber_.options.name;
    info.contentType = contentType_;
    info.topic = subscriber_.topic;
    return info;
  }
  bool open() const override { return !alive_.expired(); }
  void reach(Context context, CallDone done) override {
    done(Subscribers::handle(*handle_, codec_, body_, std::move(context)));
  }
  void end(const Status& status) {
    if (!std::exchange(ended_, true) && !alive_.expired()) owner_.ended(subscriber_, id_, status);
  }

 private:
  Subscribers& owner_;
  const Lifetime::Watch alive_;
  Subscriber& subscriber_;
  const std::shared_ptr<const HandleEvent> handle_;
  const Codec& codec_;
  const std::string body_;
  const std::string contentType_;
  const std::string id_;
  bool ended_ = false;
};

Subscribers::Subscribers(const Handlers& handlers, Broker* broker)
    : handlers_(handlers), broker_(broker) {}
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
  const Codec* const codec = handlers_.codecs.codecFor(contentType);
  if (!codec) {
    ended(subscriber, id, Status::invalid("no codec for content type \"" + contentType + "\""));
  } else if (!handlers_.wrappers->empty()) {
    auto event = std::make_shared<Event>(*this, subscriber, *codec, message.body, contentType, id);
    const auto end = [event](const Status& status) { event->end(status); };
    runMiddleware(std::move(event), handlers_.wrappers, std::move(context), end);
  } else {
    const auto alive = lifetime_.watch();
    const auto handler = subscriber.handle;
    const Status status = handle(*handler, *codec, message.body, std::move(context));
    if (!alive.expired()) ended(subscriber, id, status);
  }
}

Status Subscribers::handle(const HandleEvent& handler, const Codec& codec, std::string_view body,
                           Context context) {
  const ReadEvent read = [&codec, body](PayloadTarget target) {
    Buffer content(body);
    return codec.unmarshal(content, target).withContext("cannot read the event");
  };
  Status status;
  Status thrown = runUserCode("the handler", [&] { status = handler(context, read); });
  return thrown.ok() ? std::move(status) : std::move(thrown);
}

void Subscribers::ended(Subscriber& subscriber, const std::string& id, const Status& status) {
  const auto what = [&] {
    std::string text = "Subscriber " + subscriber.options.name + " of " + subscriber.topic;
    return id.empty() ? text : text + ", message " + id;
  };
  if (status.ok()) {
    ++stats_.handled;
    if (subscriber.failing.recovered()) EVMICRO_LOG_INFO("server", what() << ": handled again");
    return;
  }
  ++stats_.failed;
  if (subscriber.failing.occurred()) {
    EVMICRO_LOG_WARN("server", what() << ": " << status.toString());
  } else {
    EVMICRO_LOG_DEBUG("server", what() << ": " << status.toString());
  }
}

}  // namespace evmicro::detail
