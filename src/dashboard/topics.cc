#include "dashboard/topics.h"

#include <chrono>
#include <utility>

#include "base/utf8.h"
#include "dashboard/page_files.h"
#include "gateway/errors.h"
#include "json/writer.h"

namespace evmicro::dashboard {

namespace {

constexpr char kId[] = "go.micro.web";
constexpr std::size_t kLongestTopic = 256;

std::int64_t nowMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Status problemOf(std::string_view topic) {
  if (topic.empty()) return Status::error(400, kId, "topic not specified");
  if (topic.size() > kLongestTopic) return Status::error(400, kId, "the topic is too long");
  return {};
}

std::string outcomeJson(const PublishResult& result) {
  detail::JsonWriter out(detail::JsonWriter::Style::kCompact);
  out.beginObject();
  out.member("delivered", std::uint64_t{result.delivered.size()});
  out.member("dropped", std::uint64_t{result.dropped.size()});
  out.member("failed", std::uint64_t{result.failed.size()});
  out.member("detail", result.status().ok() ? std::string() : result.status().detail());
  out.endObject();
  return out.take();
}

}  // namespace

std::string messageJson(std::string_view topic, const BrokerMessage& message, std::int64_t timeMs) {
  const std::string_view body = std::string_view(message.body).substr(0, Topics::kMostBytes);
  detail::JsonWriter out(detail::JsonWriter::Style::kCompact);
  out.beginObject();
  out.member("time", timeMs);
  out.member("topic", topic);
  out.member("bytes", std::uint64_t{message.body.size()});
  out.key("header");
  out.strings(message.header);
  if (detail::isUtf8(message.body)) {
    // Cut within a character, the writer replaces what is left of it.
    out.member("body", body);
  } else {
    out.key("base64");
    out.base64(body);
  }
  out.endObject();
  return out.take();
}

struct Topics::Watched {
  Watched(EventLoop& loop, std::function<void()> onEmpty)
      : streams(loop, kMostPages, std::move(onEmpty)) {}

  EventStreams streams;
  Subscription subscription;
};

Topics::Topics(EventLoop& loop, Broker& broker) : loop_(loop), broker_(broker) {}
Topics::~Topics() = default;

void Topics::watch(const std::string& topic, WebReply reply) {
  if (const Status problem = problemOf(topic); !problem.ok()) {
    return gateway::answer(reply, problem);
  }
  std::unique_ptr<Watched>& watched = topics_[topic];
  if (!watched) {
    if (topics_.size() > kMostTopics) {
      topics_.erase(topic);
      return gateway::answer(reply, Status::error(503, kId, "too many topics are open"));
    }
    watched = std::make_unique<Watched>(loop_, [this, topic] {
      const auto place = topics_.find(topic);
      if (place == topics_.end()) return;
      loop_.deleteLater(std::move(place->second));  // it is on the stack
      topics_.erase(place);
    });
    Watched& begun = *watched;
    SubscribeOptions options;
    options.ready = [&begun] { begun.streams.send("ready", "{}"); };
    Result<Subscription> subscription = broker_.subscribe(
        topic,
        [&begun](std::string_view name, const BrokerMessage& message) {
          begun.streams.send("message", messageJson(name, message, nowMs()));
        },
        options);
    if (!subscription.ok()) {
      topics_.erase(topic);
      return gateway::answer(reply, subscription.status());
    }
    begun.subscription = std::move(*subscription);
  }
  watched->streams.add(std::move(reply));
}

void Topics::publish(const WebRequest& request, WebReply reply) {
  const std::optional<WebFields> query = parseForm(request.query);
  const std::string topic(query ? findField(*query, "topic").value_or("") : "");
  if (const Status problem = problemOf(topic); !problem.ok()) {
    return gateway::answer(reply, problem);
  }
  BrokerMessage message;
  message.header["Content-Type"] =
      findField(request.headers, "Content-Type").value_or("application/octet-stream");
  message.body = request.body;
  const auto shared =
      std::make_shared<WebReply>(std::move(reply));  // of the callback, which is copied
  broker_.publish(topic, std::move(message), [shared](const Result<PublishResult>& result) {
    if (!result.ok()) return gateway::answer(*shared, result.status());
    sendJson(*shared, outcomeJson(*result));
  });
}

void Topics::stop() {
  for (auto& [name, watched] : topics_) watched->streams.end();
  topics_.clear();
}

}  // namespace evmicro::dashboard
