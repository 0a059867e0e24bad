#include "dashboard/event_streams.h"

#include <iterator>
#include <memory>
#include <utility>

#include "dashboard/page_files.h"
#include "gateway/errors.h"

namespace evmicro::dashboard {

EventStreams::EventStreams(EventLoop& loop, std::size_t most, std::function<void()> onEmpty)
    : loop_(loop), most_(most), onEmpty_(std::move(onEmpty)) {}

void EventStreams::add(WebReply reply) {
  if (ended_ || clients_.size() >= most_) {
    const std::string why = ended_ ? "stopping" : "too many open pages";
    return gateway::answer(reply, Status::error(503, "go.micro.web", why));
  }
  EventStream::Options options;
  options.headers = securityHeaders();
  clients_.push_back({EventStream(loop_, std::move(reply), std::move(options))});
  const auto place = std::prev(clients_.end());
  place->stream.onGone([this, place] { remove(place); });
  place->stream.onWritable([place] {
    place->slow = false;
    if (const auto missed = std::exchange(place->missed, 0); missed > 0) {
      place->slow = !place->stream.send({std::to_string(missed), "missed", {}, {}});
    }
  });
}

void EventStreams::send(std::string_view event, std::string_view data) {
  const ServerEvent sent{std::string(data), std::string(event), {}, {}};
  for (Client& client : clients_) {
    if (client.slow) {
      ++client.missed;
    } else {
      client.slow = !client.stream.send(sent);
    }
  }
}

void EventStreams::end() {
  ended_ = true;
  clients_.clear();
}

void EventStreams::remove(std::list<Client>::iterator client) {
  auto gone = std::make_shared<std::list<Client>>();
  gone->splice(gone->end(), clients_, client);
  loop_.deleteLater(std::shared_ptr<void>(std::move(gone)));  // its function is on the stack
  if (!clients_.empty() || !onEmpty_) return;
  const std::function<void()> onEmpty = onEmpty_;  // it may destroy this object
  onEmpty();
}

}  // namespace evmicro::dashboard
