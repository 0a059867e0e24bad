// `evmicro publish` and `evmicro subscribe`: messages by topic.
#include <memory>
#include <optional>

#include <evmicro/service.h>

#include "base/log.h"
#include "tool/arguments.h"
#include "tool/call_flags.h"
#include "tool/command.h"
#include "tool/json_argument.h"
#include "tool/json_output.h"
#include "tool/output.h"
#include "tool/printable.h"
#include "tool/waiting.h"

namespace evmicro::tool {

namespace {

using Need = Arguments::Need;

struct PublishArguments {
  std::string topic;
  std::string json;
  CallFlags flags;
};

ExitCode publish(const ServiceOptions& options, const PublishArguments& arguments) {
  const Result<JsonDocument> event = readDocument(arguments.json);
  if (!event.ok()) return refuse("the message", event.status());
  Service service(options);
  PublishOptions json;
  json.contentType = "application/json";
  const Status published =
      service.client().publish(arguments.flags.context(), arguments.topic, *event, json);
  return published.ok() ? show("ok\n") : fail(published);
}

struct SubscribeArguments {
  std::string topic;
  std::string queue;
  std::size_t count = 0;  // 0: no limit
  Format format = Format::kText;
};

// The body, if it is one JSON value.
std::optional<std::string> jsonIn(const BrokerMessage& message) {
  auto documents = splitDocuments(message.body);
  if (!documents.ok() || documents->size() != 1) return std::nullopt;
  return std::move(documents->front().text);
}

// A JSON value is indented; anything else is one line.
std::string describe(const BrokerMessage& message) {
  const auto json = jsonIn(message);
  return (json ? indentJson(*json) : printable(message.body)) + "\n";
}

// The body as `body` if it is JSON, otherwise as `text`.
std::string describeAsJson(const BrokerMessage& message) {
  return jsonLine([&message](detail::JsonWriter& out) {
    out.key("header");
    out.strings(message.header);
    if (const auto json = jsonIn(message)) {
      out.key("body");
      out.checked(*json);
    } else {
      out.member("text", message.body);
    }
  });
}

// Prints messages until the requested count is reached, or something fails.
class Listening {
 public:
  Listening(Broker& broker, const SubscribeArguments& arguments)
      : format_(arguments.format), left_(arguments.count) {
    SubscribeOptions options;
    options.queue = arguments.queue;
    options.ready = [topic = arguments.topic] {
      EVMICRO_LOG_INFO("tool", "Subscribed to " << printable(topic));
    };
    broker.onFailure([this](Status why) { end(std::move(why)); });
    auto subscribed = broker.subscribe(
        arguments.topic, [this](std::string_view, const BrokerMessage& message) { take(message); },
        std::move(options));
    if (!subscribed.ok()) {
      end(subscribed.status());
      return;
    }
    subscription_ = std::move(*subscribed);
  }

  bool over() const noexcept { return over_; }
  const Status& outcome() const noexcept { return outcome_; }

 private:
  void take(const BrokerMessage& message) {
    if (over_) return;
    Status printed = print(format_ == Format::kJson ? describeAsJson(message) : describe(message));
    if (!printed.ok()) return end(std::move(printed));
    if (left_ > 0 && --left_ == 0) end({});
  }

  void end(Status how) {
    if (std::exchange(over_, true)) return;
    outcome_ = std::move(how);
  }

  const Format format_;
  std::size_t left_;
  bool over_ = false;
  Status outcome_;
  Subscription subscription_;
};

ExitCode subscribe(const ServiceOptions& options, const SubscribeArguments& arguments) {
  Service service(options);
  Broker& broker = service.broker();
  const Listening listening(broker, arguments);
  const Status turned =
      runUntilInterrupted(service.loop(), [&listening] { return listening.over(); });
  bool stopped = false;  // deregistered, so that nobody publishes to it any more
  broker.stop([&stopped] { stopped = true; });
  const Status ended = service.loop().runUntil([&stopped] { return stopped; });
  for (const Status& status : {turned, listening.outcome(), ended}) {
    if (!status.ok()) return fail(status);
  }
  return kDone;
}

}  // namespace

Action definePublish(Arguments& arguments) {
  arguments.describe("Publish a message to all subscribers of a topic");
  const auto parsed = std::make_shared<PublishArguments>();
  arguments.addWord("TOPIC", parsed->topic, "Name of the topic", Need::kRequired);
  arguments.addWord("JSON", parsed->json, "The message; - reads it from stdin", Need::kRequired);
  addHeaderFlag(arguments, parsed->flags);
  return [parsed](const ServiceOptions& options) { return publish(options, *parsed); };
}

Action defineSubscribe(Arguments& arguments) {
  arguments.describe(
      "Print the messages that are published to a topic, until interrupted: JSON indented, "
      "anything else as a line. With --json each message is a line: an object of header and body, "
      "or text if the body is not JSON");
  const auto parsed = std::make_shared<SubscribeArguments>();
  arguments.addWord("TOPIC", parsed->topic, "Name of the topic", Need::kRequired);
  arguments.addFlag("--queue", "NAME", parsed->queue,
                    "Share the messages with all subscribers of this queue");
  arguments.addCount("--count", parsed->count, "Exit after N messages");
  addJsonFlag(arguments, parsed->format);
  return [parsed](const ServiceOptions& options) { return subscribe(options, *parsed); };
}

}  // namespace evmicro::tool
