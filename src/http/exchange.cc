#include "http/exchange.h"

#include <utility>

#include "http/connection.h"
#include "http/server_core.h"

namespace evmicro::detail {

HttpExchange::State::State(EventLoop& eventLoop, HttpConnection& connectionOfIt,
                           const HttpHead& headOfIt, Message&& messageOfIt)
    : loop(eventLoop),
      connection(&connectionOfIt),
      head(headOfIt),
      message(std::move(messageOfIt)) {
  const HttpTarget target = splitHttpTarget(head.target);
  path = target.path;
  query = target.query;
}

void HttpExchange::State::peerLeft(const std::shared_ptr<State>& state) {
  state->connection = nullptr;
  state->left = true;
  if (state->gone) tellGone(state);
}

void HttpExchange::State::tellGone(const std::shared_ptr<State>& state) {
  const std::weak_ptr<State> watch = state;
  state->tellingGone = state->loop.defer([watch] {
    const auto alive = watch.lock();
    if (!alive) return;
    const auto gone = std::exchange(alive->gone, nullptr);
    gone();  // may destroy the exchange
  });
}

HttpExchange::HttpExchange(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
HttpExchange::HttpExchange(HttpExchange&& other) noexcept = default;
HttpExchange::~HttpExchange() {
  if (state_) reply(500, {}, "request dropped by its handler\n");
}

const std::string& HttpExchange::method() const noexcept { return state_->head.method; }
const std::string& HttpExchange::path() const noexcept { return state_->path; }
const std::string& HttpExchange::query() const noexcept { return state_->query; }
const HttpHead& HttpExchange::head() const noexcept { return state_->head; }
Message& HttpExchange::message() noexcept { return state_->message; }

std::string HttpExchange::peerAddress() const {
  return state_->connection ? state_->connection->peerAddress() : std::string();
}

void HttpExchange::onGone(std::function<void()> gone) {
  if (!state_->connection && !state_->left) return;
  state_->gone = std::move(gone);
  if (state_->left && state_->gone) State::tellGone(state_);
}

void HttpExchange::reply(int status, const Headers& headers, std::string_view body) {
  send(status, headers, body, false);
}
void HttpExchange::replyAndClose(int status, const Headers& headers, std::string_view body) {
  send(status, headers, body, true);
}

void HttpExchange::send(int status, const Headers& headers, std::string_view body, bool close) {
  state_->tellingGone.cancel();
  state_->left = false;
  HttpConnection* connection = std::exchange(state_->connection, nullptr);
  if (connection) connection->answer(status, headers, body, close);
}

TakenConnection HttpExchange::takeOver() {
  HttpConnection* connection = std::exchange(state_->connection, nullptr);
  return connection ? connection->takeOver() : TakenConnection();
}

TakenConnection::State::State(std::shared_ptr<HttpServerCore> owner, evhttp_connection* taken)
    : core(std::move(owner)), connection(taken), stream(evhttp_connection_get_bufferevent(taken)) {
  evhttp_connection_set_closecb(connection, &State::onClosed, this);
}

TakenConnection::State::~State() {
  if (connection) {
    evhttp_connection_set_closecb(connection, nullptr, nullptr);
    bufferevent_setcb(stream, nullptr, nullptr, nullptr, nullptr);
    // Without this the descriptor's number, when it is used again at once, is not polled.
    bufferevent_disable(stream, EV_READ | EV_WRITE);
    evhttp_connection_free(connection);  // and with it the stream, the request, the descriptor
  }
  core->dropTaken();
  // The last connection ends the evhttp: not while one of its callbacks may be on the stack.
  EventLoop& loop = core->loop();
  if (core.use_count() == 1) loop.deleteLater(std::move(core));
}

void TakenConnection::State::onClosed(evhttp_connection* /*connection*/, void* self) noexcept {
  auto* state = static_cast<State*>(self);
  state->connection = nullptr;
  state->stream = nullptr;
}

TakenConnection::TakenConnection() noexcept = default;
TakenConnection::TakenConnection(TakenConnection&& other) noexcept = default;
TakenConnection& TakenConnection::operator=(TakenConnection&& other) noexcept = default;
TakenConnection::~TakenConnection() = default;
bufferevent* TakenConnection::stream() const noexcept { return state_ ? state_->stream : nullptr; }
void TakenConnection::noteRefusal(const HttpRefusal& refusal) {
  if (state_) state_->core->noteRefusal(refusal);
}

}  // namespace evmicro::detail
