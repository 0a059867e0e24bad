#include "http/farewell.h"

#include <chrono>
#include <utility>

#include <sys/socket.h>

#include "http/head_writer.h"

namespace evmicro::detail {

namespace {

constexpr std::chrono::seconds kPatience{1};

std::string textOf(const HttpRefusal& refusal) {
  std::string text;
  HeadWriter writer(text);
  writer.status(refusal.status).length(refusal.reason.size() + 1);
  writer.field("Content-Type", "text/plain; charset=utf-8").field("Connection", "close").end();
  return text.append(refusal.reason).append("\n");
}

}  // namespace

HttpFarewell::HttpFarewell(EventLoop& loop, TakenConnection connection, const HttpRefusal& refusal,
                           std::function<void(HttpFarewell*)> done)
    : done_(std::move(done)),
      connection_(std::move(connection)),
      patience_(loop, [this] { end(); }) {
  bufferevent* stream = connection_.stream();
  const std::string text = textOf(refusal);
  bufferevent_setcb(stream, &HttpFarewell::onRead, &HttpFarewell::onWritten, &HttpFarewell::onEvent,
                    this);
  bufferevent_write(stream, text.data(), text.size());
  bufferevent_enable(stream, EV_READ | EV_WRITE);
  // What came in already is not announced again.
  onRead(stream, this);
  patience_.start(kPatience);
}

void HttpFarewell::end() {
  const auto done = done_;
  done(this);
}

void HttpFarewell::onRead(bufferevent* stream, void* /*self*/) noexcept {
  evbuffer* input = bufferevent_get_input(stream);
  evbuffer_drain(input, evbuffer_get_length(input));
}

void HttpFarewell::onWritten(bufferevent* stream, void* self) noexcept {
  ::shutdown(bufferevent_getfd(stream), SHUT_WR);
  auto* farewell = static_cast<HttpFarewell*>(self);
  if (farewell->peerFinished_) farewell->end();
}

void HttpFarewell::onEvent(bufferevent* stream, short what, void* self) noexcept {
  auto* farewell = static_cast<HttpFarewell*>(self);
  const bool unwritten = evbuffer_get_length(bufferevent_get_output(stream)) > 0;
  if ((what & BEV_EVENT_EOF) && unwritten) {
    farewell->peerFinished_ = true;  // it may still read
  } else {
    farewell->end();
  }
}

}  // namespace evmicro::detail
