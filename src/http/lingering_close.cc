#include "http/lingering_close.h"

#include <chrono>
#include <utility>

#include <sys/socket.h>

#include "event/loop_event.h"

namespace evmicro::detail {

namespace {

constexpr std::chrono::seconds kLinger{1};

}  // namespace

LingeringClose::LingeringClose(EventLoop& loop, evhttp_connection* connection,
                               const std::string& answer, std::function<void(LingeringClose*)> done)
    : loop_(loop),
      done_(std::move(done)),
      connection_(connection),
      stream_(evhttp_connection_get_bufferevent(connection)),
      limit_(loop, [this] { end(); }) {
  bufferevent_setcb(stream_, &LingeringClose::onRead, &LingeringClose::onWritten,
                    &LingeringClose::onEvent, this);
  bufferevent_write(stream_, answer.data(), answer.size());
  bufferevent_enable(stream_, EV_READ | EV_WRITE);
  // Input that has already arrived triggers no event.
  onRead(stream_, this);
  limit_.start(kLinger);
}

LingeringClose::~LingeringClose() {
  bufferevent_setcb(stream_, nullptr, nullptr, nullptr, nullptr);
  // Otherwise the descriptor's number, if it is reused immediately, is not polled.
  bufferevent_disable(stream_, EV_READ | EV_WRITE);
  if (inherited(loop_)) sever(bufferevent_getfd(stream_));  // evhttp shuts it down
  evhttp_connection_free(connection_);  // frees the stream, the request and the descriptor as well
}

void LingeringClose::end() {
  const auto done = done_;
  done(this);
}

void LingeringClose::onRead(bufferevent* stream, void* /*self*/) noexcept {
  evbuffer* input = bufferevent_get_input(stream);
  evbuffer_drain(input, evbuffer_get_length(input));
}

void LingeringClose::onWritten(bufferevent* stream, void* self) noexcept {
  ::shutdown(bufferevent_getfd(stream), SHUT_WR);
  auto* close = static_cast<LingeringClose*>(self);
  if (close->peerFinished_) close->end();
}

void LingeringClose::onEvent(bufferevent* stream, short what, void* self) noexcept {
  auto* close = static_cast<LingeringClose*>(self);
  const bool unwritten = evbuffer_get_length(bufferevent_get_output(stream)) > 0;
  if ((what & BEV_EVENT_EOF) && unwritten) {
    close->peerFinished_ = true;  // it may still read
  } else {
    close->end();
  }
}

}  // namespace evmicro::detail
