#include "dashboard/event_streams.h"

#include <chrono>
#include <utility>

#include "dashboard/page_files.h"
#include "gateway/errors.h"

namespace evmicro::dashboard {

namespace {

constexpr std::chrono::seconds kBeat{15};

std::string asText(std::string_view event, std::string_view data) {
  std::string text = "event: ";
  return text.append(event).append("\ndata: ").append(data).append("\n\n");
}

}  // namespace

EventStreams::EventStreams(EventLoop& loop, std::size_t most, std::function<void()> onEmpty)
    : most_(most), onEmpty_(std::move(onEmpty)), beat_(loop, [this] { beat(); }) {}

void EventStreams::add(WebReply reply) {
  if (ended_ || clients_.size() >= most_) {
    const std::string why = ended_ ? "stopping" : "too many open pages";
    return gateway::answer(reply, Status::error(503, "go.micro.web", why));
  }
  WebFields headers = securityHeaders();
  headers.emplace_back("Content-Type", "text/event-stream");
  headers.emplace_back("Cache-Control", "no-store");
  const auto place = clients_.insert(clients_.end(), Client{std::move(reply)});
  place->reply.begin(200, headers);
  place->reply.write(": begin\n\n");
  place->reply.onGone([this, place] {
    clients_.erase(place);
    if (!clients_.empty() || !onEmpty_) return;
    const std::function<void()> onEmpty = onEmpty_;  // it may destroy this object
    onEmpty();
  });
  place->reply.onWritable([place] {
    place->slow = false;
    if (const auto missed = std::exchange(place->missed, 0); missed > 0) {
      place->slow = !place->reply.write(asText("missed", std::to_string(missed)));
    }
  });
  if (clients_.size() == 1) beat_.start(kBeat);
}

void EventStreams::send(std::string_view event, std::string_view data) {
  const std::string text = asText(event, data);
  for (Client& client : clients_) {
    if (client.slow) {
      ++client.missed;
    } else {
      client.slow = !client.reply.write(text);
    }
  }
}

void EventStreams::end() {
  ended_ = true;
  beat_.stop();
  for (Client& client : clients_) {
    client.reply.onGone(nullptr);
    client.reply.onWritable(nullptr);
    client.reply.end();
  }
  clients_.clear();
}

void EventStreams::beat() {
  if (clients_.empty()) return;
  for (Client& client : clients_) {
    if (!client.slow) client.slow = !client.reply.write(": alive\n\n");
  }
  beat_.start(kBeat);
}

}  // namespace evmicro::dashboard
