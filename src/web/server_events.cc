#include <evmicro/server_events.h>

#include <utility>

#include <evmicro/timer.h>

#include "base/hidden.h"

namespace evmicro {

namespace {

std::string oneLine(std::string text) {
  for (char& c : text) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
  return text;
}

}  // namespace

std::string formatEvent(const ServerEvent& event) {
  std::string text;
  if (!event.event.empty()) text.append("event: ").append(oneLine(event.event)).append("\n");
  if (!event.id.empty()) text.append("id: ").append(oneLine(event.id)).append("\n");
  if (event.retry.count() > 0) {
    text.append("retry: ").append(std::to_string(event.retry.count())).append("\n");
  }
  // CR, LF and CRLF end lines.
  std::string_view rest = event.data;
  for (bool more = true; more;) {
    const std::size_t end = rest.find_first_of("\r\n");
    text.append("data: ").append(rest.substr(0, end)).append("\n");
    more = end != std::string_view::npos;
    if (more) rest.remove_prefix(end + (rest.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  return text.append("\n");
}

class EVMICRO_HIDDEN EventStream::State {
 public:
  State(EventLoop& loop, WebReply reply, Options options)
      : reply_(std::move(reply)),
        keepAlive_(options.keepAlive),
        timer_(loop, [this] { onTimer(); }) {
    options.headers.emplace_back("Content-Type", "text/event-stream");
    options.headers.emplace_back("Cache-Control", "no-store");
    options.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would collect events
    reply_.begin(200, options.headers);
    restart();
  }

  bool send(std::string_view text) {
    restart();
    return reply_.write(text);
  }

  WebReply& reply() noexcept { return reply_; }

 private:
  void restart() {
    if (keepAlive_.count() > 0) timer_.start(keepAlive_);
  }

  void onTimer() { send(":\n\n"); }

  WebReply reply_;
  const std::chrono::milliseconds keepAlive_;
  Timer timer_;
};

EventStream::EventStream(EventLoop& loop, WebReply reply, Options options)
    : state_(std::make_unique<State>(loop, std::move(reply), std::move(options))) {}
EventStream::EventStream(EventStream&&) noexcept = default;

EventStream& EventStream::operator=(EventStream&& other) noexcept {
  EventStream old(std::move(*this));
  state_ = std::move(other.state_);
  return *this;
}

EventStream::~EventStream() {
  if (!state_) return;
  state_->reply().onGone(nullptr);
  state_->reply().onWritable(nullptr);
  state_->reply().end();
}

bool EventStream::send(const ServerEvent& event) { return state_->send(formatEvent(event)); }

void EventStream::onWritable(std::function<void()> onWritable) {
  state_->reply().onWritable(std::move(onWritable));
}

void EventStream::onGone(std::function<void()> onGone) {
  state_->reply().onGone(std::move(onGone));
}

std::string_view lastEventId(const WebRequest& request) {
  return findField(request.headers, "Last-Event-Id").value_or("");
}

}  // namespace evmicro
